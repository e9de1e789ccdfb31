import { NODE, type GraphArrays } from './graph';

/** Groups smaller than this are islands, where the largest group is larger. */
const LEAST_GROUP = 200;

/**
 * Marks nodes of groups from which one cannot drive out and back in (car parks behind gates, driveways): places are not snapped
 * to them. Strongly connected components by Tarjan (1972), without recursion. @returns how many
 */
export function markIslands({ outFirst, outArc, edgeFrom, edgeTo, nodeBits }: GraphArrays): number {
  const nodes = nodeBits.length;
  const index = new Int32Array(nodes).fill(-1);
  const low = new Int32Array(nodes);
  const group = new Int32Array(nodes).fill(-1);
  const next = new Uint32Array(nodes);
  const open = new Int32Array(nodes);
  const path = new Int32Array(nodes);
  const sizes: number[] = [];
  let [count, waiting] = [0, 0];
  const enter = (node: number): void => {
    index[node] = low[node] = count++;
    next[node] = outFirst[node];
    open[waiting++] = node;
  };
  for (let root = 0; root < nodes; root++) {
    if (index[root] >= 0) continue;
    let depth = 0;
    path[0] = root;
    enter(root);
    while (depth >= 0) {
      const node = path[depth];
      if (next[node] < outFirst[node + 1]) {
        const arc = outArc[next[node]++];
        const to = arc & 1 ? edgeFrom[arc >> 1] : edgeTo[arc >> 1];
        if (index[to] < 0) {
          enter(to);
          path[++depth] = to;
        } else if (group[to] < 0 && index[to] < low[node]) low[node] = index[to];
        continue;
      }
      depth--;
      if (depth >= 0 && low[node] < low[path[depth]]) low[path[depth]] = low[node];
      if (low[node] !== index[node]) continue;
      let size = 0;
      let member: number;
      do {
        member = open[--waiting];
        group[member] = sizes.length;
        size++;
      } while (member !== node);
      sizes.push(size);
    }
  }
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  const least = Math.min(LEAST_GROUP, largest / 2);
  let marked = 0;
  for (let node = 0; node < nodes; node++)
    if (sizes[group[node]] < least) {
      nodeBits[node] |= NODE.island;
      marked++;
    }
  return marked;
}
