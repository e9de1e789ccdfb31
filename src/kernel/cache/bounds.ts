/**
 * Bounds an LRUCache to so many entries, or to what they weigh together. Its own `max` makes room for all of them at once, megabytes in each process
 * before there is a single entry.
 */
export const atMost = <V>(
  entries: number,
  weigh: (value: V) => number = () => 1,
): { maxSize: number; sizeCalculation: (value: V) => number } => ({ maxSize: entries, sizeCalculation: weigh });
