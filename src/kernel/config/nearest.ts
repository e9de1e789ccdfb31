/** Edit distance with swapped neighbours as one step (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length];
}

/** The name most like `word`, or null when none is near (more than a third of its letters differ). */
export function nearest(word: string, names: Iterable<string>): string | null {
  let best: { name: string; steps: number } | null = null;
  for (const name of names) {
    const steps = distance(word, name);
    if (steps <= Math.max(1, Math.floor(word.length / 3)) && (!best || steps < best.steps)) best = { name, steps };
  }
  return best?.name ?? null;
}
