import type { MeasureRoads } from '../optimization/request';
import { NONE, type RoadGraph } from './graph';
import { matrixOf } from './matrix';
import { Search } from './search';

/** Measures by a network; places that are the same are measured once. A plan mixes no measures: one place off the roads, and none count. `goOn` is asked before each place. */
export const measureRoads =
  (graph: RoadGraph, goOn: () => boolean = () => true): MeasureRoads =>
  (places, objective) => {
    const rows = new Map<string, number>();
    const row = places.map(({ lat, lng }) => {
      const key = `${lat} ${lng}`;
      if (!rows.has(key)) rows.set(key, rows.size);
      return rows.get(key) as number;
    });
    const different = [...rows.values()].map((one) => places[row.indexOf(one)]);
    const prices = { perKm: 0, perHour: 0 };
    const question = { origins: different, destinations: different, objective, prices };
    let whole = true;
    const further = (): boolean => (whole &&= goOn());
    const { seconds, metres, offRoad } = matrixOf(graph, new Search(graph), question, {}, further);
    if (!whole) return 'Ways over roads were not measured in time';
    if (offRoad.origins.length > 0) return 'Some places are not near any road that is loaded';
    const size = places.length;
    const table = (values: Uint32Array): Float64Array =>
      Float64Array.from({ length: size * size }, (_, k) => {
        const value = values[row[Math.floor(k / size)] * different.length + row[k % size]];
        return value === NONE ? Infinity : value;
      });
    return { distances: table(metres), durations: table(seconds) };
  };
