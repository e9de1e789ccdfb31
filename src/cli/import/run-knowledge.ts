/**
 * What earlier sheets of the run bring: on the checking pass nothing is written yet, and an order of the same files may
 * still refer to it.
 */
export class RunKnowledge {
  readonly skus = new Map<string, { productName: string; variantName: string | null; categoryName: string | null }>();
  readonly customers = new Map<string, { name: string; email: string | null }>();
}
