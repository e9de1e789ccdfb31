import { nearestOn } from './geometry';
import { NODE, PER_DEGREE, type GraphArrays, type RoadGraph } from './graph';
import { distinct, growingFloat64, growingUint32, lists, placeIn } from './growing';

/** Cells of the grid are so many stored units wide (0.005°, some 500 m). */
const CELL = 50_000;
const COLUMNS = Math.ceil((360 * PER_DEGREE) / CELL) + 2;
/** Places farther from any road are not on the network. */
export const MOST_SNAP_METRES = 2_000;
/** Metres of a cell from south to north. */
const CELL_METRES = (CELL / PER_DEGREE) * 111_194.9;

const columnOf = (lng: number): number => Math.floor((lng + 180 * PER_DEGREE) / CELL);
const rowOf = (lat: number): number => Math.floor((lat + 90 * PER_DEGREE) / CELL);

/** A grid over the edges: which cells their segments pass (by the box of each segment, so rather too many). */
export function gridOf(arrays: GraphArrays): Pick<GraphArrays, 'cellKey' | 'cellFirst' | 'cellEdge'> {
  const { shapeFirst, shapeLat, shapeLng, edgeFrom } = arrays;
  const key = growingFloat64();
  const item = growingUint32();
  const seen = new Set<number>();
  for (let edge = 0; edge < edgeFrom.length; edge++) {
    seen.clear();
    for (let k = shapeFirst[edge] + 1; k < shapeFirst[edge + 1]; k++) {
      const [west, east] = order(columnOf(shapeLng[k - 1]), columnOf(shapeLng[k]));
      const [south, north] = order(rowOf(shapeLat[k - 1]), rowOf(shapeLat[k]));
      // A segment over the antimeridian is found from its ends.
      const columns = east - west > COLUMNS / 2 ? [west, east] : range(west, east);
      for (const column of columns) for (let row = south; row <= north; row++) seen.add(row * COLUMNS + column);
    }
    for (const cell of seen) {
      key.push(cell);
      item.push(edge);
    }
  }
  const cellKey = distinct(key.view());
  const cells = key.view().map((cell) => placeIn(cellKey, cell));
  const { first, item: cellEdge } = lists(cellKey.length, cells, item.view());
  return { cellKey, cellFirst: first, cellEdge };
}

const order = (a: number, b: number): [number, number] => (a < b ? [a, b] : [b, a]);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, k) => from + k);

/** A place on a road. */
export interface Snapped {
  edge: number;
  /** Share of the edge's length from its beginning. */
  share: number;
  metres: number;
  lat: number;
  lng: number;
}

/** The nearest place of a road that leads on and that `usable` allows; null where none is within reach. */
export function snap(
  graph: RoadGraph,
  lat: number,
  lng: number,
  usable: (edge: number) => boolean = () => true,
): Snapped | null {
  const { cellKey, cellFirst, cellEdge, edgeFrom, edgeTo, nodeBits } = graph.at;
  const [y, x] = [Math.round(lat * PER_DEGREE), Math.round(lng * PER_DEGREE)];
  const [row, column] = [rowOf(y), columnOf(x)];
  const across = CELL_METRES * Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  const most = Math.min(200, Math.ceil(MOST_SNAP_METRES / across) + 1);
  let best: { edge: number; segment: number; share: number; metres: number } | null = null;
  const look = (r: number, c: number): void => {
    const key = r * COLUMNS + ((c + COLUMNS - 2) % (COLUMNS - 2));
    const at = placeIn(cellKey, key);
    if (at < 0) return;
    for (let k = cellFirst[at]; k < cellFirst[at + 1]; k++) {
      const edge = cellEdge[k];
      if ((nodeBits[edgeFrom[edge]] | nodeBits[edgeTo[edge]]) & NODE.island || !usable(edge)) continue;
      const near = nearestSegment(graph, edge, y, x);
      if (near.metres < (best?.metres ?? MOST_SNAP_METRES) || (near.metres === best?.metres && edge < best.edge))
        best = { edge, ...near };
    }
  };
  for (let ring = 0; ring <= most; ring++) {
    for (let d = -ring; d <= ring; d++) {
      look(row - ring, column + d);
      if (ring > 0) look(row + ring, column + d);
      if (d > -ring && d < ring) {
        look(row + d, column - ring);
        look(row + d, column + ring);
      }
    }
    // What lies in the next ring is at least so far.
    if (best && (best as { metres: number }).metres <= ring * Math.min(across, CELL_METRES)) break;
  }
  return best && placeOn(graph, best);
}

/** The nearest places of all roads within some metres (at most 500), nearest first, `most` of them. */
export function snapAll(graph: RoadGraph, lat: number, lng: number, metres: number, most: number): Snapped[] {
  const { cellKey, cellFirst, cellEdge, edgeFrom, edgeTo, nodeBits } = graph.at;
  const [y, x] = [Math.round(lat * PER_DEGREE), Math.round(lng * PER_DEGREE)];
  const across = CELL_METRES * Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  const columns = Math.ceil(metres / across);
  const near = new Map<number, { edge: number; segment: number; share: number; metres: number }>();
  for (let r = rowOf(y) - 1; r <= rowOf(y) + 1; r++)
    for (let c = columnOf(x) - columns; c <= columnOf(x) + columns; c++) {
      const at = placeIn(cellKey, r * COLUMNS + ((c + COLUMNS - 2) % (COLUMNS - 2)));
      if (at < 0) continue;
      for (let k = cellFirst[at]; k < cellFirst[at + 1]; k++) {
        const edge = cellEdge[k];
        if (near.has(edge) || (nodeBits[edgeFrom[edge]] | nodeBits[edgeTo[edge]]) & NODE.island) continue;
        const found = nearestSegment(graph, edge, y, x);
        if (found.metres <= metres) near.set(edge, { edge, ...found });
      }
    }
  return [...near.values()]
    .sort((a, b) => a.metres - b.metres || a.edge - b.edge)
    .slice(0, most)
    .map((each) => placeOn(graph, each));
}

function nearestSegment(graph: RoadGraph, edge: number, y: number, x: number) {
  const { shapeFirst, shapeLat, shapeLng } = graph.at;
  let best = { segment: 0, share: 0, metres: Infinity };
  for (let k = shapeFirst[edge]; k + 1 < shapeFirst[edge + 1]; k++) {
    const near = nearestOn(y, x, shapeLat[k], shapeLng[k], shapeLat[k + 1], shapeLng[k + 1]);
    if (near.metres < best.metres) best = { segment: k, ...near };
  }
  return best;
}

function placeOn(graph: RoadGraph, near: { edge: number; segment: number; share: number; metres: number }): Snapped {
  const { shapeFirst, shapeLat, shapeLng } = graph.at;
  const { edge, segment, share, metres } = near;
  let [before, all] = [0, 0];
  for (let k = shapeFirst[edge]; k + 1 < shapeFirst[edge + 1]; k++) {
    const length = Math.hypot(
      shapeLat[k + 1] - shapeLat[k],
      (shapeLng[k + 1] - shapeLng[k]) * Math.cos(((shapeLat[k] / PER_DEGREE) * Math.PI) / 180),
    );
    all += length;
    if (k < segment) before += length;
    else if (k === segment) before += share * length;
  }
  return {
    edge,
    share: all === 0 ? 0 : before / all,
    metres,
    lat: (shapeLat[segment] + share * (shapeLat[segment + 1] - shapeLat[segment])) / PER_DEGREE,
    lng: (shapeLng[segment] + share * (shapeLng[segment + 1] - shapeLng[segment])) / PER_DEGREE,
  };
}
