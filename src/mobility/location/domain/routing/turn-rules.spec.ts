import { at, graphOf, type MadeRoads } from '../../../../../test/support/made-roads';
import { SeededRandom } from '../optimization/random';
import type { RoadGraph } from './graph';
import { Search } from './search';
import { snap, type Snapped } from './snap';

const LENGTH = { weights: { time: 0, length: 1 } };

/**
 * Two one-way carriageways with four links between them:
 *   4 ← 3 ← 2 ← 1   (way 11, west)
 *   |   |   |   |   (ways 21 to 24, links)
 *   5 → 6 → 7 → 8   (way 12, east)
 */
const dual: MadeRoads = {
  nodes: {
    1: [300, 20],
    2: [200, 20],
    3: [100, 20],
    4: [0, 20],
    5: [0, 0],
    6: [100, 0],
    7: [200, 0],
    8: [300, 0],
    9: [400, 0],
    10: [400, 20],
  },
  ways: [
    { id: 10, nodes: [10, 1], tags: { oneway: 'yes' } },
    { id: 11, nodes: [1, 2, 3, 4], tags: { oneway: 'yes' } },
    { id: 12, nodes: [5, 6, 7, 8], tags: { oneway: 'yes' } },
    { id: 13, nodes: [8, 9], tags: { oneway: 'yes' } },
    { id: 14, nodes: [9, 10], tags: {} },
    { id: 21, nodes: [4, 5], tags: {} },
    { id: 22, nodes: [3, 6], tags: {} },
    { id: 23, nodes: [2, 7], tags: {} },
    { id: 24, nodes: [1, 8], tags: {} },
  ],
};

describe('a rule over ways between', () => {
  const metres = (roads: MadeRoads, from: [number, number], to: [number, number]): number | null => {
    const graph = graphOf(roads);
    const [a, b] = [from, to].map(([x, y]) => snap(graph, at(x, y).lat, at(x, y).lng)!);
    const search = new Search(graph);
    const way = search.way(a, b, LENGTH);
    const [many] = search.ways(a, [b], LENGTH);
    expect(many?.cost).toBe(way?.cost);
    if (way) expect(way.pieces.every(({ arc }) => arc < 2 * graph.edges)).toBe(true);
    return way && Math.round(way.cost / 100);
  };
  const [start, end] = [
    [350, 20],
    [350, 0],
  ] as [number, number][];
  const rule = (from: number, via: number[], to: number, kind = 'no_u_turn') => ({ from, via, to, rule: kind });

  it.each<[string, ReturnType<typeof rule>[], number | null]>([
    ['is not there: the first link is taken', [], 120],
    ['forbids the first link, the second is taken', [rule(10, [24], 13)], 320],
    ['forbids each link', [rule(10, [24], 13), rule(11, [23], 12), rule(11, [22], 12)], 720],
    [
      'forbids several ways in a row, also told the other way round',
      [rule(10, [24], 13), rule(10, [11, 23, 12], 13)],
      520,
    ],
    ['told in the other order', [rule(10, [24], 13), rule(10, [12, 23, 11], 13)], 520],
    ['allows one way alone', [rule(10, [11, 22], 12, 'only_u_turn')], 520],
    ['is about others', [rule(14, [24], 13), rule(10, [99], 13)], 120],
  ])('%s', (_, rules, expected) => {
    expect(metres({ ...dual, rules }, start, end)).toBe(expected);
  });

  it('holds for who comes that way alone, and leads to places on the way between', () => {
    const rules = [rule(10, [24], 13)];
    // Who begins on the link may go on, and who goes to it may come.
    expect(metres({ ...dual, rules }, [300, 12], end)).toBe(62);
    expect(metres({ ...dual, rules }, start, [300, 8])).toBe(62);
    const graph = graphOf({ ...dual, rules });
    const reached: number[] = [];
    const from = snap(graph, at(...start).lat, at(...start).lng)!;
    new Search(graph).within(from, Infinity, LENGTH, ({ arc }) => reached.push(arc));
    expect(Math.max(...reached)).toBeLessThan(2 * graph.edges);
  });

  it('gives the least ways that there are, whatever rules lie over each other', () => {
    const random = new SeededRandom(8);
    for (let turn = 0; turn < 12; turn++) {
      const roads = grid(random, 4);
      const graph = graphOf(roads);
      const search = new Search(graph);
      const places = Array.from({ length: 4 }, (): Snapped => {
        const { lat, lng } = at(random.below(300), random.below(300));
        return snap(graph, lat, lng)!;
      });
      for (const from of places)
        for (const to of places) {
          if (from.edge === to.edge) continue;
          const cost = search.way(from, to, LENGTH)?.cost ?? Infinity;
          expect(cost.toPrecision(9)).toBe(bySequences(graph, roads, from, to).toPrecision(9));
        }
    }
  });
});

/** A grid of streets, each its own way from junction to junction, with rules over one or two of them. */
function grid(random: SeededRandom, side: number): MadeRoads {
  const nodes: MadeRoads['nodes'] = {};
  const ways: MadeRoads['ways'] = [];
  const id = (x: number, y: number): number => 1 + y * side + x;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      nodes[id(x, y)] = [x * 100 + random.below(40), y * 100 + random.below(40)];
      for (const [a, b] of [
        [x + 1, y],
        [x, y + 1],
      ])
        if (a < side && b < side) ways.push({ id: 100 + ways.length, nodes: [id(x, y), id(a, b)], tags: {} });
    }
  const rules: NonNullable<MadeRoads['rules']> = [];
  const at = (node: number, but: number) => ways.filter((way) => way.nodes.includes(node) && way.id !== but);
  const pick = <T>(list: T[]): T => list[random.below(list.length)];
  while (rules.length < 14) {
    const chain = [pick(ways)];
    let node = pick(chain[0].nodes);
    for (let k = 0; k < 2 + random.below(2); k++) {
      const next = pick(at(node, chain[chain.length - 1].id));
      chain.push(next);
      node = next.nodes.find((one) => one !== node)!;
    }
    const [from, ...rest] = chain.map((way) => way.id);
    if (new Set(chain).size < chain.length) continue;
    rules.push({ from, via: rest.slice(0, -1), to: rest[rest.length - 1], rule: 'no_right_turn' });
  }
  return { nodes, ways, rules };
}

/** Least costs with the last four ways as the state, and the rules read as they are told. */
function bySequences(graph: RoadGraph, { rules = [] }: MadeRoads, from: Snapped, to: Snapped): number {
  const { edgeLength, wayId, edgeWay, outFirst, outArc, inFirst, inArc } = graph.at;
  const told = rules.map((one) => [one.from, ...(one.via as number[]), one.to].join());
  const wayOf = (arc: number): number => wayId[edgeWay[arc >> 1]];
  const allowed = (arcs: readonly number[]): boolean => {
    const ids = arcs.map(wayOf);
    const dead = (node: number): boolean => inFirst[node + 1] - inFirst[node] === 1 && inArc[inFirst[node]] >= 0;
    const [last, before] = [arcs[arcs.length - 1], arcs[arcs.length - 2]];
    if (before !== undefined && last === (before ^ 1)) return dead(graph.tail(last));
    return !ids.some((_, k) => told.includes(ids.slice(k).join()));
  };
  const best = new Map<string, number>();
  const open: { arcs: number[]; cost: number }[] = [0, 1].map((side) => ({
    arcs: [2 * from.edge + side],
    cost: edgeLength[from.edge] * (side ? from.share : 1 - from.share),
  }));
  let least = Infinity;
  for (let one = open.pop(); one; one = open.pop()) {
    const key = one.arcs.join();
    if (one.cost >= Math.min(least, best.get(key) ?? Infinity)) continue;
    best.set(key, one.cost);
    const node = graph.goal(one.arcs[one.arcs.length - 1]);
    for (const next of outArc.subarray(outFirst[node], outFirst[node + 1])) {
      const arcs = [...one.arcs, next];
      if (!allowed(arcs)) continue;
      if (next >> 1 === to.edge)
        least = Math.min(least, one.cost + edgeLength[to.edge] * (next & 1 ? 1 - to.share : to.share));
      open.push({ arcs: arcs.slice(-4), cost: one.cost + edgeLength[next >> 1] });
    }
    open.sort((a, b) => b.cost - a.cost);
  }
  return least;
}
