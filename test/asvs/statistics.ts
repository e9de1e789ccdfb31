/** Middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Two-sided p of the Mann-Whitney U test by the normal approximation with correction for ties: how likely two samples
 * this different are when both come from one distribution. Source: Mann and Whitney (1947).
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, ours: true })), ...b.map((value) => ({ value, ours: false }))].sort(
    (x, y) => x.value - y.value,
  );
  let sum = 0;
  let ties = 0;
  for (let i = 0; i < all.length;) {
    let j = i;
    while (j < all.length && all[j].value === all[i].value) j += 1;
    const rank = (i + j + 1) / 2;
    for (let k = i; k < j; k++) if (all[k].ours) sum += rank;
    ties += (j - i) ** 3 - (j - i);
    i = j;
  }
  const [m, n, t] = [a.length, b.length, a.length + b.length];
  const u = sum - (m * (m + 1)) / 2;
  const deviation = Math.sqrt(((m * n) / 12) * (t + 1 - ties / (t * (t - 1))));
  if (deviation === 0) return 1;
  const z = Math.abs(u - (m * n) / 2) / deviation;
  return 2 * (1 - normal(z));
}

/** Standard normal distribution function. Source: Abramowitz and Stegun, 26.2.17; error below 7.5e-8. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}

/**
 * Two-sided p of the Wilcoxon signed-rank test, by the normal approximation with correction for ties: how likely the
 * differences within these pairs are when their middle is nought. Pairs share the moment, and so the load of the machine.
 * `effect` is the matched rank-biserial correlation, -1 to 1. Source: Wilcoxon (1945); Kerby (2014).
 */
export function signedRank(differences: readonly number[]): { p: number; effect: number } {
  const ranked = differences
    .filter((difference) => difference !== 0)
    .map((difference) => ({ size: Math.abs(difference), positive: difference > 0 }))
    .sort((x, y) => x.size - y.size);
  const n = ranked.length;
  if (n === 0) return { p: 1, effect: 0 };
  let positive = 0;
  let ties = 0;
  for (let i = 0; i < n;) {
    let j = i;
    while (j < n && ranked[j].size === ranked[i].size) j += 1;
    for (let k = i; k < j; k++) if (ranked[k].positive) positive += (i + j + 1) / 2;
    ties += (j - i) ** 3 - (j - i);
    i = j;
  }
  const total = (n * (n + 1)) / 2;
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - ties / 48);
  const z = deviation === 0 ? 0 : Math.abs(positive - total / 2) / deviation;
  return { p: 2 * (1 - normal(z)), effect: (2 * positive - total) / total };
}
