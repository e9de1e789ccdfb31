import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clock } from '../../src/kernel/clock/clock';
import { monotonicMs } from '../../src/kernel/clock/monotonic';
import { graphOfExtract } from '../../src/mobility/location/adapters/road-graph-file';
import { SeededRandom } from '../../src/mobility/location/domain/optimization/random';
import type { RoadGraph } from '../../src/mobility/location/domain/routing/graph';
import { Search } from '../../src/mobility/location/domain/routing/search';
import { snap, type Snapped } from '../../src/mobility/location/domain/routing/snap';
import { at, graphOf, madeTown, xmlOf } from '../made-roads';
import { plainly } from '../plain-ways';
import type { Measure } from '../report';

const FROM_EACH = 20;

/** Pairs of places whose way differs from what plain label correction finds, and how long a search takes beside one that is not led. */
function prove(name: string, graph: RoadGraph, side: number, pairs: number): Measure {
  const [search, random] = [new Search(graph), new SeededRandom(17)];
  const conditions = { weights: { time: 1, length: 0 } };
  const somewhere = (): Snapped => {
    const { lat, lng } = at(random.below(side * 100), random.below(side * 100));
    return snap(graph, lat, lng) ?? somewhere();
  };
  const fixed = (cost: number | undefined): string => (cost ?? Infinity).toPrecision(10);
  let [wrong, led, unled, spent] = [0, 0, 0, 0];
  for (let k = 0; k < pairs / FROM_EACH; k++) {
    const from = somewhere();
    const least = plainly(graph, from, conditions);
    for (let n = 0; n < FROM_EACH; n++) {
      const to = somewhere();
      const began = monotonicMs();
      const way = search.way(from, to, conditions);
      spent += monotonicMs() - began;
      led += search.settled;
      search.ways(from, [to], conditions);
      unled += search.settled;
      if (fixed(way?.cost) !== fixed(least(to))) wrong++;
    }
  }
  const note = `${pairs} pairs over ${graph.nodes} junctions, ${(spent / pairs).toFixed(2)} ms a way, ${((100 * led) / unled).toFixed(0)} % of the arcs of Dijkstra`;
  return { scenario: `roads: ${name}`, unit: 'pairs not as Dijkstra', value: wrong, aim: '0', met: wrong === 0, note };
}

/** The own router against plain Dijkstra: on a town that is made, and on an OSM extract of another that is written and imported. */
export async function roads(quick: boolean, tell: (measure: Measure) => void): Promise<void> {
  const [side, pairs] = quick ? [30, 100] : [70, 1_000];
  tell(prove('made town', graphOf(madeTown(side, 23)), side, pairs));
  const dir = mkdtempSync(path.join(tmpdir(), 'mainstay-bench-roads-'));
  try {
    const file = path.join(dir, 'town.osm');
    writeFileSync(file, xmlOf(madeTown(side, 29)));
    const { graph } = await graphOfExtract(file, clock.now());
    tell(prove('imported extract', graph, side, pairs));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
