import type { ReachMeasure, RoadTraffic } from '../../contracts/routes';
import type { LatLng } from '../../contracts/travel-times';
import { metresBetween } from '../optimization/matrices';
import { Field, groundWithin, type Extent, type Polygons } from './contour';
import { CRUISE, DETOUR } from './great-circle';
import { PER_DEGREE, type RoadGraph } from './graph';
import { OffRoad, openEdges } from './route';
import type { Conditions, Piece, Search } from './search';
import { snap } from './snap';

/** Cells of the ground along the longer side of what is reached. */
const CELLS = 240;
/** Cells are at least so wide: what lies beside a road for so far counts as reached with it. */
export const LEAST_CELL_METRES = 25;
const DEGREE_METRES = 111_194.9;

export interface ReachQuestion {
  center: LatLng;
  measure: ReachMeasure;
  /** Minutes, or metres of road; ascending. */
  bands: readonly number[];
  traffic?: RoadTraffic;
}

export interface ReachAnswer {
  /** Where on the road one sets out. */
  center: LatLng & { metresFromRoad: number | null };
  /** By band; each lies within the next. */
  grounds: Polygons[];
  /** Width of a cell of the ground, metres. */
  cellMetres: number;
}

/** A unit of a measure, as searches count: milliseconds and centimetres. */
const UNIT = { minutes: 60_000, metres: 100 };

/**
 * How far one gets from a place over roads: a Dijkstra search that ends at the widest band, and the ground around the roads that it
 * reached. @throws OffRoad where the place is on no road
 */
export function reachOf(
  graph: RoadGraph,
  search: Search,
  { center, measure, bands }: ReachQuestion,
  conditions: Omit<Conditions, 'weights'>,
): ReachAnswer {
  const weights = measure === 'minutes' ? { time: 1, length: 0 } : { time: 0, length: 1 };
  const from = snap(graph, center.lat, center.lng, openEdges(graph, { ...conditions, weights }));
  if (!from) throw new OffRoad([0]);
  const unit = UNIT[measure];
  const pieces: Reached[] = [];
  search.within(from, bands[bands.length - 1] * unit, { ...conditions, weights }, (piece, begun, ended) =>
    pieces.push({ ...piece, begun, ended }),
  );
  const roads = new Roads(graph, from);
  const extent = { west: from.lng, east: from.lng, south: from.lat, north: from.lat };
  for (const piece of pieces) roads.along(piece, Infinity, (lng, lat) => widen(extent, lng, lat));
  const cellMetres = Math.max(
    LEAST_CELL_METRES,
    Math.max((extent.east - extent.west) * roads.scale, extent.north - extent.south) * (DEGREE_METRES / CELLS),
  );
  const cellLat = cellMetres / DEGREE_METRES;
  const field = new Field(extent, cellLat / roads.scale, cellLat);
  field.lower(from.lng, from.lat, 0);
  for (const piece of pieces) roads.along(piece, cellLat / 2, (lng, lat, spent) => field.lower(lng, lat, spent));
  return {
    center: { lat: from.lat, lng: from.lng, metresFromRoad: Math.round(from.metres * 10) / 10 },
    grounds: bands.map((band) => groundWithin(field, band * unit)),
    cellMetres,
  };
}

/** How far one might get where no road is known: along great circles with a detour, at a constant speed. */
export function guessedReach({ center, measure, bands }: ReachQuestion): ReachAnswer {
  const radius = (band: number): number => (measure === 'minutes' ? band * 60 * CRUISE : band) / DETOUR;
  const degrees = radius(bands[bands.length - 1]) / DEGREE_METRES;
  const [south, north] = [Math.max(-90, center.lat - degrees), Math.min(90, center.lat + degrees)];
  const radians = Math.PI / 180;
  const sine = Math.sin(degrees * radians) / Math.cos(center.lat * radians);
  const across = north === 90 || south === -90 || sine >= 1 ? 180 : Math.asin(sine) / radians;
  const extent = { west: center.lng - across, east: center.lng + across, south, north };
  const field = new Field(extent, (2 * across) / CELLS, (north - south) / CELLS);
  for (let row = 0; row < field.rows; row++)
    for (let column = 0; column < field.columns; column++) {
      const place = { lat: field.lat(row), lng: field.lng(column) };
      // Beyond half a turn is where it was already.
      if (Math.abs(place.lng - center.lng) < 180 - field.cellLng)
        field.values[row * field.columns + column] = metresBetween(center, place);
    }
  return {
    center: { ...center, metresFromRoad: null },
    grounds: bands.map((band) => groundWithin(field, radius(band))),
    cellMetres: (2 * degrees * DEGREE_METRES) / CELLS,
  };
}

interface Reached extends Piece {
  begun: number;
  ended: number;
}

function widen(extent: Extent, lng: number, lat: number): void {
  if (lng < extent.west) extent.west = lng;
  if (lng > extent.east) extent.east = lng;
  if (lat < extent.south) extent.south = lat;
  if (lat > extent.north) extent.north = lat;
}

/** The shapes of roads around a place; longitudes run on over the antimeridian. */
class Roads {
  /** Degrees of latitude in one of longitude. */
  readonly scale: number;

  constructor(
    private readonly graph: RoadGraph,
    private readonly around: LatLng,
  ) {
    this.scale = Math.max(0.01, Math.cos((around.lat * Math.PI) / 180));
  }

  /** Tells places along a piece with what is spent there, no farther from one another than `step` degrees of latitude. */
  along(
    { arc, from, to, begun, ended }: Reached,
    step: number,
    tell: (lng: number, lat: number, spent: number) => void,
  ): void {
    const { shapeFirst, shapeLat, shapeLng } = this.graph.at;
    const [first, last] = [shapeFirst[arc >> 1], shapeFirst[(arc >> 1) + 1] - 1];
    const lng = (k: number): number => {
      const degrees = shapeLng[k] / PER_DEGREE;
      return degrees - 360 * Math.round((degrees - this.around.lng) / 360);
    };
    const lengthOf = (k: number): number =>
      Math.hypot((lng(k + 1) - lng(k)) * this.scale, (shapeLat[k + 1] - shapeLat[k]) / PER_DEGREE);
    let all = 0;
    for (let k = first; k < last; k++) all += lengthOf(k);
    // Shares of the edge, in the direction of its shape.
    const [low, high] = arc & 1 ? [1 - to, 1 - from] : [from, to];
    const spentAt = (share: number): number => {
      const driven = arc & 1 ? 1 - share : share;
      return to === from ? begun : begun + ((driven - from) / (to - from)) * (ended - begun);
    };
    let passed = 0;
    for (let k = first; k < last; k++) {
      const length = lengthOf(k);
      const [a, b] = all === 0 ? [0, 1] : [passed / all, (passed + length) / all];
      passed += length;
      const [begin, end] = [Math.max(a, low), Math.min(b, high)];
      if (begin > end) continue;
      const parts = Math.max(1, Math.ceil(((end - begin) * all) / step));
      for (let n = 0; n <= parts; n++) {
        const share = begin + ((end - begin) * n) / parts;
        const on = b === a ? 0 : (share - a) / (b - a);
        const lat = (shapeLat[k] + on * (shapeLat[k + 1] - shapeLat[k])) / PER_DEGREE;
        tell(lng(k) + on * (lng(k + 1) - lng(k)), lat, spentAt(share));
      }
    }
  }
}
