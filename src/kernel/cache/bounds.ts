/**
 * Bounds an LRUCache to so many entries. Its own `max` makes room for all of them at once, megabytes in each process
 * before there is a single entry.
 */
export const atMost = (entries: number): { maxSize: number; sizeCalculation: () => number } => ({
  maxSize: entries,
  sizeCalculation: () => 1,
});
