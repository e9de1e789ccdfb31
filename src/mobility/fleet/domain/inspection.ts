import { inspectionItems } from './maintenance.errors';

/** Something to look at. `critical`: without it the vehicle may not be driven. */
export interface ChecklistItem {
  key: string;
  label: string;
  critical: boolean;
  photoRequired: boolean;
}

export interface InspectionResult {
  key: string;
  ok: boolean;
  note: string | null;
  fileIds: string[];
}

/**
 * The items that failed. Every item of the list is answered once, with a picture where one is asked for.
 * @throws AppError invalid `fleet.inspection-items`
 */
export function failedItems(
  items: readonly ChecklistItem[],
  results: readonly InspectionResult[],
): { item: ChecklistItem; result: InspectionResult }[] {
  const byKey = new Map(items.map((item) => [item.key, item]));
  const seen = new Set<string>();
  results.forEach(({ key, fileIds }, at) => {
    const item = byKey.get(key);
    if (!item) throw inspectionItems(`/results/${at}/key`, `The checklist has no item ${key}.`);
    if (seen.has(key)) throw inspectionItems(`/results/${at}/key`, `${key} is answered twice.`);
    if (item.photoRequired && fileIds.length === 0)
      throw inspectionItems(`/results/${at}/fileIds`, `${item.label} needs a picture.`);
    seen.add(key);
  });
  const missing = items.find(({ key }) => !seen.has(key));
  if (missing) throw inspectionItems('/results', `${missing.label} is not answered.`);
  return results.flatMap((result) => (result.ok ? [] : [{ item: byKey.get(result.key)!, result }]));
}
