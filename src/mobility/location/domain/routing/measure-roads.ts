import type { Measure } from '../../contracts/route-plans';
import type { MeasureRoads } from '../optimization/request';
import { NONE, type RoadGraph } from './graph';
import { matrixOf, type MatrixAnswer } from './matrix';
import type { RoadTraffic } from '../../contracts/routes';
import { Search } from './search';
import { conditionsOf } from './traffic';

type Places = readonly { lat: number; lng: number }[];

/** Places that are the same are measured once: those that differ, and the row of each place among them. */
export function differentPlaces(places: Places): { different: { lat: number; lng: number }[]; row: number[] } {
  const rows = new Map<string, number>();
  const different: { lat: number; lng: number }[] = [];
  const row = places.map(({ lat, lng }) => {
    const key = `${lat} ${lng}`;
    if (!rows.has(key)) rows.set(key, different.push({ lat, lng }) - 1);
    return rows.get(key) as number;
  });
  return { different, row };
}

/** Measures of a matrix between the places that differ. */
export const measuredBy =
  ({ seconds, metres }: Pick<MatrixAnswer, 'seconds' | 'metres'>, metric: Measure): MeasureRoads =>
  (places) => {
    const { different, row } = differentPlaces(places);
    const size = places.length;
    const table = (values: Uint32Array): Float64Array =>
      Float64Array.from({ length: size * size }, (_, k) => {
        const value = values[row[Math.floor(k / size)] * different.length + row[k % size]];
        return value === NONE ? Infinity : value;
      });
    return { distances: table(metres), durations: table(seconds), metric };
  };

/** Measures by a network. A plan mixes no measures: one place off the roads, and none count. `goOn` is asked before each place. */
export const measureRoads =
  (graph: RoadGraph, goOn: () => boolean = () => true, traffic?: RoadTraffic): MeasureRoads =>
  (places, objective) => {
    const { different } = differentPlaces(places);
    const prices = { perKm: 0, perHour: 0 };
    const question = { origins: different, destinations: different, objective, prices };
    let whole = true;
    const further = (): boolean => (whole &&= goOn());
    const matrix = matrixOf(graph, new Search(graph), question, conditionsOf(graph, traffic).conditions, further);
    if (!whole) return 'Ways over roads were not measured in time';
    if (matrix.offRoad.origins.length > 0) return 'Some places are not near any road that is loaded';
    return measuredBy(matrix, 'road')(places, objective);
  };
