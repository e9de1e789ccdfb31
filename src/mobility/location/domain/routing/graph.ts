/** A time or distance that is not there: no way. */
export const NONE = 0xffff_ffff;
/** Degrees are stored as whole ten-millionths, as OpenStreetMap does (about 1 cm). */
export const PER_DEGREE = 1e7;

const ARRAYS = {
  /** By node. */
  nodeLat: Int32Array,
  nodeLng: Int32Array,
  /** Bits of NODE. */
  nodeBits: Uint8Array,
  /** The arcs that leave a node: `outArc` from `outFirst[node]` to `outFirst[node + 1]`; those that reach it likewise. */
  outFirst: Uint32Array,
  outArc: Uint32Array,
  inFirst: Uint32Array,
  inArc: Uint32Array,
  /** By edge; the arcs of edge e are 2e (from → to) and 2e + 1. */
  edgeFrom: Uint32Array,
  edgeTo: Uint32Array,
  /** Centimetres. */
  edgeLength: Uint32Array,
  edgeWay: Uint32Array,
  /** Points of the edge, both ends included: from `shapeFirst[edge]` to `shapeFirst[edge + 1]`. */
  shapeFirst: Uint32Array,
  shapeLat: Int32Array,
  shapeLng: Int32Array,
  /** By arc. Milliseconds without traffic; NONE where driving is not allowed. */
  arcTime: Uint32Array,
  /** Compass bearing with which it is begun and ended, in 256ths of a circle. */
  arcOut: Uint8Array,
  arcIn: Uint8Array,
  /**
   * By arc and shadow: turns that are not just taken, and what they lead to: NONE where they are forbidden, else the shadow that is driven on.
   * Shadows are numbered after the arcs; they stand for an arc, and know what was driven before it.
   */
  turnFirst: Uint32Array,
  turnTo: Uint32Array,
  turnInto: Uint32Array,
  shadowArc: Uint32Array,
  /** By way. */
  wayId: Float64Array,
  wayClass: Uint8Array,
  wayBits: Uint8Array,
  wayName: Uint32Array,
  wayRef: Uint32Array,
  /** Texts: UTF-8 from `textFirst[n]` to `textFirst[n + 1]`; text 0 is empty. */
  textFirst: Uint32Array,
  textBytes: Uint8Array,
  /** Grid over the edges: sorted cells, and the edges in each. */
  cellKey: Float64Array,
  cellFirst: Uint32Array,
  cellEdge: Uint32Array,
  /** Ways from and to each landmark, node by node: at `node * landmarks + k`. */
  timeFrom: Uint32Array,
  timeTo: Uint32Array,
  distanceFrom: Uint32Array,
  distanceTo: Uint32Array,
} as const;

type Kinds = typeof ARRAYS;
type ArrayOf<C> = C extends Int32ArrayConstructor
  ? Int32Array
  : C extends Uint8ArrayConstructor
    ? Uint8Array
    : C extends Float64ArrayConstructor
      ? Float64Array
      : Uint32Array;
export type GraphArrays = { -readonly [K in keyof Kinds]: ArrayOf<Kinds[K]> };
export const ARRAY_NAMES = Object.keys(ARRAYS) as (keyof Kinds)[];

export const NODE = { signals: 1, island: 2 } as const;
export const WAY = { roundabout: 1, toll: 2 } as const;

export interface GraphHead {
  landmarks: number;
  /** What it was made of, for people. */
  source: string;
  importedAt: string;
}

const MAGIC = 'MSROADS1';
const ALIGN = 8;
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

/**
 * A road network as typed arrays over one buffer, so that threads share it. Nodes are junctions, edges the roads between
 * them, arcs their directions.
 */
export class RoadGraph {
  readonly nodes: number;
  readonly edges: number;
  readonly landmarks: number;
  private readonly text = new TextDecoder();

  constructor(
    readonly head: GraphHead,
    readonly at: GraphArrays,
  ) {
    this.nodes = at.nodeLat.length;
    this.edges = at.edgeFrom.length;
    this.landmarks = head.landmarks;
  }

  /** The arrays behind a head of JSON: magic, length of the head, head, arrays at multiples of 8. */
  static encode(head: GraphHead, arrays: GraphArrays): Uint8Array[] {
    let offset = 0;
    const table = ARRAY_NAMES.map((name) => {
      const entry = { name, offset, length: arrays[name].length };
      offset += aligned(arrays[name].byteLength);
      return entry;
    });
    const json = new TextEncoder().encode(JSON.stringify({ ...head, table, bytes: offset }));
    const start = new Uint8Array(aligned(MAGIC.length + 4 + json.length));
    start.set(new TextEncoder().encode(MAGIC));
    new DataView(start.buffer).setUint32(MAGIC.length, json.length, true);
    start.set(json, MAGIC.length + 4);
    const parts: Uint8Array[] = [start];
    for (const name of ARRAY_NAMES) {
      const { buffer, byteOffset, byteLength } = arrays[name];
      parts.push(new Uint8Array(buffer, byteOffset, byteLength));
      if (aligned(byteLength) > byteLength) parts.push(new Uint8Array(aligned(byteLength) - byteLength));
    }
    return parts;
  }

  /** Reads what `encode` wrote. @throws Error when it is something else, or cut off */
  static decode(buffer: ArrayBuffer | SharedArrayBuffer): RoadGraph {
    const bytes = new Uint8Array(buffer);
    const said = new TextDecoder().decode(bytes.slice(0, MAGIC.length));
    if (said !== MAGIC) throw new Error('this is no road network of this release: import the roads again');
    const length = new DataView(buffer).getUint32(MAGIC.length, true);
    const from = MAGIC.length + 4;
    const {
      table,
      bytes: wanted,
      ...head
    } = JSON.parse(new TextDecoder().decode(bytes.slice(from, from + length))) as GraphHead & {
      bytes: number;
      table: { name: keyof Kinds; offset: number; length: number }[];
    };
    const base = aligned(from + length);
    if (buffer.byteLength < base + wanted) throw new Error('the road network is cut off: import the roads again');
    const arrays = Object.fromEntries(
      table.map(({ name, offset, length: count }) => [
        name,
        new ARRAYS[name](buffer as ArrayBuffer, base + offset, count),
      ]),
    ) as unknown as GraphArrays;
    // Networks of former releases know no shadows: their turns are forbidden ones.
    arrays.turnInto = (arrays.turnInto as Uint32Array | undefined) ?? new Uint32Array(arrays.turnTo.length).fill(NONE);
    arrays.shadowArc = (arrays.shadowArc as Uint32Array | undefined) ?? new Uint32Array(0);
    return new RoadGraph(head, arrays);
  }

  /** The arc itself, or the one that a shadow stands for. */
  base(arc: number): number {
    return arc < 2 * this.edges ? arc : this.at.shadowArc[arc - 2 * this.edges];
  }

  tail(arc: number): number {
    const own = this.base(arc);
    return own & 1 ? this.at.edgeTo[own >> 1] : this.at.edgeFrom[own >> 1];
  }

  goal(arc: number): number {
    const own = this.base(arc);
    return own & 1 ? this.at.edgeFrom[own >> 1] : this.at.edgeTo[own >> 1];
  }

  name(way: number): string {
    return this.textOf(this.at.wayName[way]);
  }

  ref(way: number): string {
    return this.textOf(this.at.wayRef[way]);
  }

  private textOf(index: number): string {
    const { textFirst, textBytes } = this.at;
    return this.text.decode(textBytes.slice(textFirst[index], textFirst[index + 1]));
  }

  /** Points of an arc in the direction of driving, [lng, lat] in degrees. */
  shape(arc: number): [lng: number, lat: number][] {
    const { shapeFirst, shapeLat, shapeLng } = this.at;
    const points: [number, number][] = [];
    for (let k = shapeFirst[arc >> 1]; k < shapeFirst[(arc >> 1) + 1]; k++)
      points.push([shapeLng[k] / PER_DEGREE, shapeLat[k] / PER_DEGREE]);
    return arc & 1 ? points.reverse() : points;
  }

  /** May `to` follow `from`, which ends where it begins? Turning round is for dead ends. */
  mayTurn(from: number, to: number): boolean {
    return this.turn(from, to) !== NONE;
  }

  /** The arc or shadow that one is on after turning from an arc or shadow into an arc; NONE where that is forbidden. */
  turn(from: number, to: number): number {
    const { turnFirst, turnTo, turnInto, outFirst } = this.at;
    if (to === (this.base(from) ^ 1)) {
      const node = this.goal(from);
      return outFirst[node + 1] - outFirst[node] === 1 ? to : NONE;
    }
    for (let k = turnFirst[from]; k < turnFirst[from + 1]; k++) if (turnTo[k] === to) return turnInto[k];
    return to;
  }

  /** Milliseconds that a turn takes, beside the roads themselves. */
  turnTime(from: number, to: number): number {
    const { outFirst, nodeBits, arcIn, arcOut } = this.at;
    const node = this.goal(from);
    const [own, next] = [this.base(from), this.base(to)];
    if (next === (own ^ 1)) return 20_000;
    // Where a road only goes on, a bend costs nothing.
    const waiting = nodeBits[node] & NODE.signals ? 2_000 : 0;
    if (outFirst[node + 1] - outFirst[node] < 3) return waiting;
    const bend = (arcOut[next] - arcIn[own]) & 255;
    const turned = bend > 128 ? 256 - bend : bend;
    return waiting + (turned < 28 ? 0 : turned < 86 ? 3_000 : 6_000);
  }
}
