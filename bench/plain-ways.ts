import { NONE, type RoadGraph } from '../src/mobility/location/domain/routing/graph';
import type { Conditions } from '../src/mobility/location/domain/routing/search';
import type { Snapped } from '../src/mobility/location/domain/routing/snap';

/** Least costs from a place to the end of every arc: labels are corrected until nothing changes, without a heap or landmarks. */
export function plainly(graph: RoadGraph, from: Snapped, { weights, slow }: Conditions): (to: Snapped) => number {
  const { arcTime, edgeLength, outFirst, outArc } = graph.at;
  const cost = (arc: number, share: number): number =>
    arcTime[arc] === NONE
      ? Infinity
      : (weights.time * arcTime[arc] * (slow?.get(arc >> 1) ?? 1) + weights.length * edgeLength[arc >> 1]) * share;
  const label = new Float64Array(graph.edges * 2).fill(Infinity);
  const queue: number[] = [];
  for (const arc of [2 * from.edge, 2 * from.edge + 1]) {
    label[arc] = cost(arc, arc & 1 ? from.share : 1 - from.share);
    if (label[arc] < Infinity) queue.push(arc);
  }
  const turn = (a: number, b: number): number => weights.time * graph.turnTime(a, b);
  for (let k = 0; k < queue.length; k++) {
    const arc = queue[k];
    const node = graph.goal(arc);
    for (let n = outFirst[node]; n < outFirst[node + 1]; n++) {
      const next = outArc[n];
      const reached = label[arc] + turn(arc, next) + cost(next, 1);
      if (!graph.mayTurn(arc, next) || reached >= label[next]) continue;
      label[next] = reached;
      queue.push(next);
    }
  }
  return (to) => {
    let best = Infinity;
    for (const arc of [2 * to.edge, 2 * to.edge + 1]) {
      const share = arc & 1 ? 1 - to.share : to.share;
      const begun = arc & 1 ? 1 - from.share : from.share;
      if (from.edge === to.edge && share >= begun) best = Math.min(best, cost(arc, share - begun));
      const node = graph.tail(arc);
      for (const other of graph.at.inArc.subarray(graph.at.inFirst[node], graph.at.inFirst[node + 1]))
        if (graph.mayTurn(other, arc)) best = Math.min(best, label[other] + turn(other, arc) + cost(arc, share));
    }
    return best;
  };
}
