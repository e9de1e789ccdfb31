import { NODE, NONE, type GraphArrays } from './graph';
import { Heap } from './heap';

/** Networks above this get fewer, for memory: 16 bytes a node and landmark. */
const LARGE = 600_000;

/**
 * Nodes at the edge of the network, farthest from one another, and the ways from and to them (Goldberg & Harrelson 2005: with them a
 * search is led by the triangle inequality). Ways here obey no rules of turning, so they are never longer than real ones.
 */
export function chooseLandmarks(arrays: GraphArrays): {
  count: number;
  arrays: Pick<GraphArrays, 'timeFrom' | 'timeTo' | 'distanceFrom' | 'distanceTo'>;
} {
  const nodes = arrays.nodeLat.length;
  const count = Math.min(nodes, nodes > LARGE ? 8 : 16);
  const heap = new Heap(nodes);
  const table = (): Uint32Array => new Uint32Array(nodes * count);
  const [timeFrom, timeTo, distanceFrom, distanceTo] = [table(), table(), table(), table()];
  const main = arrays.nodeBits.findIndex((bits) => (bits & NODE.island) === 0);
  const nearest = new Float64Array(nodes).fill(Infinity);
  const reach = new Uint32Array(nodes);
  const fill = (into: Uint32Array, k: number, from: number, backward: boolean, distance: boolean): void => {
    spread(arrays, heap, from, backward, distance, reach);
    for (let node = 0; node < nodes; node++) into[node * count + k] = reach[node];
  };
  const farthest = (): number => {
    let best = main;
    let most = -1;
    for (let node = 0; node < nodes; node++)
      if ((arrays.nodeBits[node] & NODE.island) === 0 && nearest[node] < Infinity && nearest[node] > most) {
        most = nearest[node];
        best = node;
      }
    return best;
  };
  spread(arrays, heap, main, false, false, reach);
  for (let node = 0; node < nodes; node++) nearest[node] = reach[node] === NONE ? Infinity : reach[node];
  let landmark = farthest();
  nearest.fill(Infinity);
  for (let k = 0; k < count; k++) {
    fill(timeFrom, k, landmark, false, false);
    for (let node = 0; node < nodes; node++)
      if (reach[node] !== NONE && reach[node] < nearest[node]) nearest[node] = reach[node];
    fill(timeTo, k, landmark, true, false);
    fill(distanceFrom, k, landmark, false, true);
    fill(distanceTo, k, landmark, true, true);
    landmark = farthest();
  }
  return { count, arrays: { timeFrom, timeTo, distanceFrom, distanceTo } };
}

/** Least time or distance from (or to) a node, to every other. */
function spread(
  { outFirst, outArc, inFirst, inArc, edgeFrom, edgeTo, edgeLength, arcTime }: GraphArrays,
  heap: Heap,
  from: number,
  backward: boolean,
  distance: boolean,
  reach: Uint32Array,
): void {
  reach.fill(NONE);
  heap.clear();
  reach[from] = 0;
  heap.push(from, 0);
  const [first, arcs] = backward ? [inFirst, inArc] : [outFirst, outArc];
  while (heap.size > 0) {
    const node = heap.pop();
    for (let k = first[node]; k < first[node + 1]; k++) {
      const arc = arcs[k];
      const other = ((arc & 1) === 1) === backward ? edgeTo[arc >> 1] : edgeFrom[arc >> 1];
      const way = reach[node] + (distance ? edgeLength[arc >> 1] : arcTime[arc]);
      if (way >= reach[other]) continue;
      reach[other] = way;
      heap.push(other, way);
    }
  }
}
