/**
 * Gradient-boosted decision trees for a yes-or-no answer: logistic loss, exact greedy splits by first and second
 * derivatives, and a learnt side for values that are missing. After T. Chen and C. Guestrin, "XGBoost: A Scalable Tree
 * Boosting System", KDD 2016, algorithms 1 and 3. Deterministic: equal rows give equal trees.
 */

/** A leaf, or a question: below the threshold goes left; NaN goes where it was learnt to. `value` is that of stopping here. */
export interface TreeNode {
  /** Log-odds that this node would add were it a leaf. */
  value: number;
  split?: { feature: number; threshold: number; missingLeft: boolean; left: TreeNode; right: TreeNode };
}

export interface BoostedTrees {
  /** Log-odds before any tree. */
  base: number;
  trees: TreeNode[];
}

export interface TrainingTerms {
  trees: number;
  depth: number;
  /** Part of each tree that is added. */
  rate: number;
  /** Penalty of large leaves. */
  lambda: number;
  /** Least sum of second derivatives on each side of a split. */
  leastWeight: number;
}

export const TERMS: TrainingTerms = { trees: 80, depth: 3, rate: 0.1, lambda: 1, leastWeight: 1 };

const sigmoid = (margin: number): number => 1 / (1 + Math.exp(-margin));

interface Sums {
  g: number;
  h: number;
}

/** Rows sorted once by each feature, those that lack it aside. */
interface Column {
  order: Int32Array;
  missing: Int32Array;
}

const columnOf = (rows: readonly (readonly number[])[], feature: number): Column => {
  const known: number[] = [];
  const missing: number[] = [];
  rows.forEach((row, i) => void (Number.isNaN(row[feature]) ? missing : known).push(i));
  known.sort((a, b) => rows[a][feature] - rows[b][feature] || a - b);
  return { order: Int32Array.from(known), missing: Int32Array.from(missing) };
};

type Split = NonNullable<TreeNode['split']> & { gain: number };

/**
 * Learns from rows of features and what they turned out to be (1 is yes). `breathe` is awaited between trees, so that
 * training shares its thread.
 */
export async function train(
  rows: readonly (readonly number[])[],
  answers: readonly (0 | 1)[],
  terms: TrainingTerms = TERMS,
  breathe: () => Promise<unknown> = () => Promise.resolve(),
): Promise<BoostedTrees> {
  const positives = answers.reduce<number>((sum, one) => sum + one, 0);
  const rate = Math.min(Math.max(positives / answers.length, 1e-6), 1 - 1e-6);
  const base = Math.log(rate / (1 - rate));
  const columns = (rows[0] ?? []).map((_, feature) => columnOf(rows, feature));
  const margins = new Float64Array(rows.length).fill(base);
  const g = new Float64Array(rows.length);
  const h = new Float64Array(rows.length);
  const trees: TreeNode[] = [];
  for (let i = 0; i < terms.trees; i++) {
    for (let row = 0; row < rows.length; row++) {
      const likelihood = sigmoid(margins[row]);
      g[row] = likelihood - answers[row];
      h[row] = likelihood * (1 - likelihood);
    }
    const tree = new Grower(rows, columns, g, h, terms).grow();
    for (let row = 0; row < rows.length; row++) margins[row] += leafOf(tree, rows[row]).value;
    trees.push(tree);
    await breathe();
  }
  return { base, trees };
}

/** Grows one tree level by level. */
class Grower {
  /** Number of the node that each row is in. */
  private readonly at: Int32Array;

  constructor(
    private readonly rows: readonly (readonly number[])[],
    private readonly columns: readonly Column[],
    private readonly g: Float64Array,
    private readonly h: Float64Array,
    private readonly terms: TrainingTerms,
  ) {
    this.at = new Int32Array(rows.length);
  }

  grow(): TreeNode {
    const all: Sums = { g: 0, h: 0 };
    for (let row = 0; row < this.rows.length; row++) {
      all.g += this.g[row];
      all.h += this.h[row];
    }
    const root = this.node(all);
    let level = [{ node: root, sums: all }];
    for (let depth = 0; depth < this.terms.depth && level.length > 0; depth++) {
      const splits = this.bestSplits(level.map(({ sums }) => sums));
      const next: typeof level = [];
      // What no node of the next level takes is asked no more.
      const moves = new Map<number, { split: Split; left: number }>();
      level.forEach(({ node }, i) => {
        const split = splits[i];
        if (!split) return;
        const { gain: _gain, ...kept } = split.split;
        node.split = kept;
        moves.set(i, { split: split.split, left: next.length });
        next.push({ node: kept.left, sums: split.left }, { node: kept.right, sums: split.right });
      });
      for (let row = 0; row < this.rows.length; row++) {
        const move = this.at[row] < 0 ? undefined : moves.get(this.at[row]);
        if (!move) this.at[row] = -1;
        else this.at[row] = move.left + (goesLeft(move.split, this.rows[row]) ? 0 : 1);
      }
      level = next;
    }
    return root;
  }

  private node({ g, h }: Sums): TreeNode {
    return { value: (-g / (h + this.terms.lambda)) * this.terms.rate };
  }

  private score({ g, h }: Sums): number {
    return (g * g) / (h + this.terms.lambda);
  }

  /** The best split of each node of a level, or none where nothing is gained. */
  private bestSplits(totals: Sums[]): ({ split: Split; left: Sums; right: Sums } | null)[] {
    const best: ({ split: Split; left: Sums; right: Sums } | null)[] = totals.map(() => null);
    this.columns.forEach((column, feature) => {
      const missing = totals.map(() => ({ g: 0, h: 0 }));
      for (const row of column.missing) this.add(missing, row);
      const below = totals.map(() => ({ g: 0, h: 0 }));
      const last = totals.map(() => NaN);
      for (const row of column.order) {
        const node = this.at[row];
        if (node < 0) continue;
        const value = this.rows[row][feature];
        if (value > last[node]) {
          const threshold = last[node] + (value - last[node]) / 2;
          for (const missingLeft of [true, false])
            best[node] = this.better(
              best[node],
              { feature, threshold, missingLeft },
              totals[node],
              below[node],
              missing[node],
            );
        }
        last[node] = value;
        this.add(below, row);
      }
      // Known on one side, unknown on the other.
      totals.forEach((total, node) => {
        if (!Number.isNaN(last[node]) && missing[node].h > 0)
          best[node] = this.better(
            best[node],
            { feature, threshold: Infinity, missingLeft: false },
            total,
            below[node],
            missing[node],
          );
      });
    });
    return best;
  }

  private add(sums: Sums[], row: number): void {
    const node = this.at[row];
    if (node < 0) return;
    sums[node].g += this.g[row];
    sums[node].h += this.h[row];
  }

  private better(
    known: { split: Split; left: Sums; right: Sums } | null,
    asked: { feature: number; threshold: number; missingLeft: boolean },
    total: Sums,
    below: Sums,
    missing: Sums,
  ): { split: Split; left: Sums; right: Sums } | null {
    const add = asked.missingLeft ? missing : { g: 0, h: 0 };
    const left = { g: below.g + add.g, h: below.h + add.h };
    const right = { g: total.g - left.g, h: total.h - left.h };
    if (left.h < this.terms.leastWeight || right.h < this.terms.leastWeight) return known;
    const gain = this.score(left) + this.score(right) - this.score(total);
    if (gain <= 1e-9 || (known && gain <= known.split.gain)) return known;
    return { split: { ...asked, gain, left: this.node(left), right: this.node(right) }, left, right };
  }
}

const goesLeft = (
  { feature, threshold, missingLeft }: { feature: number; threshold: number; missingLeft: boolean },
  row: readonly number[],
): boolean => (Number.isNaN(row[feature]) ? missingLeft : row[feature] < threshold);

function leafOf(tree: TreeNode, row: readonly number[]): TreeNode {
  let node = tree;
  while (node.split) node = goesLeft(node.split, row) ? node.split.left : node.split.right;
  return node;
}

/** Likelihood of yes, 0 to 1. */
export const predict = ({ base, trees }: BoostedTrees, row: readonly number[]): number =>
  sigmoid(trees.reduce((margin, tree) => margin + leafOf(tree, row).value, base));

/**
 * What each feature adds to the log-odds of one row: along the way through each tree, the change of the node's value goes
 * to the feature that was asked (A. Saabas, "Interpreting random forests", 2014). `base` with all of them is the log-odds.
 */
export function contributions(
  { base, trees }: BoostedTrees,
  row: readonly number[],
): { base: number; byFeature: Map<number, number> } {
  const byFeature = new Map<number, number>();
  let start = base;
  for (const tree of trees) {
    let node = tree;
    start += node.value;
    while (node.split) {
      const next = goesLeft(node.split, row) ? node.split.left : node.split.right;
      byFeature.set(node.split.feature, (byFeature.get(node.split.feature) ?? 0) + next.value - node.value);
      node = next;
    }
  }
  return { base: start, byFeature };
}

/**
 * Area under the curve of precision over recall, as average precision; rows of one score count together. 0 where there is
 * no yes among the answers.
 */
export function averagePrecision(scores: readonly number[], answers: readonly (0 | 1)[]): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const positives = answers.reduce<number>((sum, one) => sum + one, 0);
  let found = 0;
  let area = 0;
  for (let i = 0; i < order.length;) {
    let end = i;
    let hits = 0;
    while (end < order.length && scores[order[end]] === scores[order[i]]) hits += answers[order[end++]];
    found += hits;
    area += (hits / Math.max(positives, 1)) * (found / end);
    i = end;
  }
  return area;
}
