/** What became of the money of a try. */
export const OUTCOMES = ['open', 'blocked', 'declined', 'reserved', 'paid', 'let_go'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What a try turned out to be. */
export const LABELS = ['fraud', 'legitimate'] as const;
export type Label = (typeof LABELS)[number];
