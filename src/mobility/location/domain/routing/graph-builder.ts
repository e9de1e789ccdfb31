import { bearingOf, metresOf } from './geometry';
import { NODE, NONE, PER_DEGREE, RoadGraph, WAY, type GraphArrays } from './graph';
import { distinct, growingFloat64, growingInt32, growingUint32, growingUint8, lists, placeIn } from './growing';
import { markIslands } from './islands';
import { chooseLandmarks } from './landmarks';
import { blocks, roadOf, turnRuleOf, type Tags, type TurnRule } from './road-tags';
import { gridOf } from './snap';
import { TurnRules } from './turn-rules';

/** What was read and kept, for the report of an import. */
export interface GraphReport {
  ways: number;
  nodes: number;
  edges: number;
  turnRules: number;
  /** Rules that are not clear, or about roads that are not there. */
  turnRulesLeftOut: number;
  /** Points of roads that lie outside the extract. */
  missingPoints: number;
  islandNodes: number;
}

/**
 * Makes a road network of an OSM extract that is read twice: first `way` and `relation` for each of them, then `node` for each node,
 * then `build`. So only points of roads are ever kept.
 */
export class GraphBuilder {
  private readonly wayId = growingFloat64();
  private readonly wayClass = growingUint8();
  private readonly wayBits = growingUint8();
  private readonly wayName = growingUint32();
  private readonly wayRef = growingUint32();
  private readonly forward = growingFloat64();
  private readonly backward = growingFloat64();
  private readonly wayFirst = growingUint32();
  private readonly refs = growingFloat64();
  private readonly rules: TurnRule[] = [];
  private rulesLeftOut = 0;
  private readonly texts = new Map<string, number>([['', 0]]);
  /** Sorted ids of the points of roads; once it is there, ways are over. */
  private ids: Float64Array | null = null;
  private lat = new Int32Array(0);
  private lng = new Int32Array(0);
  /** 1 known, 2 blocked, 4 signals. */
  private marks = new Uint8Array(0);

  /** First reading. @param refs ids of its nodes */
  way(id: number, tags: Tags, refs: ArrayLike<number>): void {
    const road = refs.length < 2 ? null : roadOf(tags);
    if (!road) return;
    this.wayId.push(id);
    this.wayClass.push(road.class);
    this.wayBits.push((road.roundabout ? WAY.roundabout : 0) | (road.toll ? WAY.toll : 0));
    this.wayName.push(this.textIndex(road.name));
    this.wayRef.push(this.textIndex(road.ref));
    this.forward.push(road.forward);
    this.backward.push(road.backward);
    this.wayFirst.push(this.refs.length);
    for (let k = 0; k < refs.length; k++) this.refs.push(refs[k]);
  }

  /** First reading. */
  relation(tags: Tags, members: readonly { type: string; ref: number; role: string }[]): void {
    const rule = turnRuleOf(tags, members);
    if (rule && (rule.via !== null || rule.ways.length > 0)) this.rules.push(rule);
    else if (rule) this.rulesLeftOut++;
  }

  /** Second reading. @param lat degrees */
  node(id: number, lat: number, lng: number, tags: Tags | null): void {
    const at = placeIn(this.points(), id);
    if (at < 0) return;
    this.lat[at] = Math.round(lat * PER_DEGREE);
    this.lng[at] = Math.round(lng * PER_DEGREE);
    this.marks[at] = 1 | (tags && blocks(tags) ? 2 : 0) | (tags?.highway === 'traffic_signals' ? 4 : 0);
  }

  /** Is a node part of a road? For readers that would otherwise decode its tags in vain. */
  wants(id: number): boolean {
    return placeIn(this.points(), id) >= 0;
  }

  /** @throws Error where there is no road in it */
  build(head: { source: string; importedAt: string }): { graph: RoadGraph; report: GraphReport } {
    const edges = this.cut();
    const { nodeLat, nodeLng, nodeBits, from, to } = edges;
    if (from.length === 0) throw new Error('There is no road for cars in this extract.');
    const nodes = nodeLat.length;
    const every = growingUint32();
    for (let arc = 0; arc < edges.arcTime.length; arc++) if (edges.arcTime.get(arc) !== NONE) every.push(arc);
    const open = every.view();
    const tails = open.map((arc) => (arc & 1 ? to : from).get(arc >> 1));
    const heads = open.map((arc) => (arc & 1 ? from : to).get(arc >> 1));
    const out = lists(nodes, tails, open);
    const into = lists(nodes, heads, open);
    const text = this.textArrays();
    const arrays: GraphArrays = {
      nodeLat: nodeLat.view(),
      nodeLng: nodeLng.view(),
      nodeBits: nodeBits.view(),
      outFirst: out.first,
      outArc: out.item,
      inFirst: into.first,
      inArc: into.item,
      edgeFrom: from.view(),
      edgeTo: to.view(),
      edgeLength: edges.length.view(),
      edgeWay: edges.way.view(),
      shapeFirst: edges.shapeFirst.view(),
      shapeLat: edges.shapeLat.view(),
      shapeLng: edges.shapeLng.view(),
      arcTime: edges.arcTime.view(),
      arcOut: edges.arcOut.view(),
      arcIn: edges.arcIn.view(),
      turnFirst: new Uint32Array(0),
      turnTo: new Uint32Array(0),
      turnInto: new Uint32Array(0),
      shadowArc: new Uint32Array(0),
      wayId: this.wayId.view(),
      wayClass: this.wayClass.view(),
      wayBits: this.wayBits.view(),
      wayName: this.wayName.view(),
      wayRef: this.wayRef.view(),
      ...text,
      cellKey: new Float64Array(0),
      cellFirst: new Uint32Array(0),
      cellEdge: new Uint32Array(0),
      timeFrom: new Uint32Array(0),
      timeTo: new Uint32Array(0),
      distanceFrom: new Uint32Array(0),
      distanceTo: new Uint32Array(0),
    };
    const turns = new TurnRules(arrays);
    const kept = turns.read(this.rules, (id) => {
      const at = placeIn(this.points(), id);
      return at < 0 ? -1 : edges.nodeOf[at];
    });
    Object.assign(arrays, turns.tables());
    const islandNodes = markIslands(arrays);
    Object.assign(arrays, gridOf(arrays));
    const landmarks = chooseLandmarks(arrays);
    Object.assign(arrays, landmarks.arrays);
    const report = {
      ways: this.wayId.length,
      nodes,
      edges: from.length,
      turnRules: kept,
      turnRulesLeftOut: this.rulesLeftOut + this.rules.length - kept,
      missingPoints: edges.missing,
      islandNodes,
    };
    return { graph: new RoadGraph({ ...head, landmarks: landmarks.count }, arrays), report };
  }

  private textIndex(text: string): number {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    this.texts.set(text, this.texts.size);
    return this.texts.size - 1;
  }

  private textArrays(): { textFirst: Uint32Array; textBytes: Uint8Array } {
    const encoded = [...this.texts.keys()].map((text) => new TextEncoder().encode(text));
    const textFirst = new Uint32Array(encoded.length + 1);
    encoded.forEach((bytes, k) => (textFirst[k + 1] = textFirst[k] + bytes.length));
    const textBytes = new Uint8Array(textFirst[encoded.length]);
    encoded.forEach((bytes, k) => textBytes.set(bytes, textFirst[k]));
    return { textFirst, textBytes };
  }

  private points(): Float64Array {
    if (this.ids) return this.ids;
    this.ids = distinct(this.refs.view());
    this.lat = new Int32Array(this.ids.length);
    this.lng = new Int32Array(this.ids.length);
    this.marks = new Uint8Array(this.ids.length);
    return this.ids;
  }

  /** Cuts ways into edges where they meet. A blocked node is an end for each that comes to it. */
  private cut() {
    const ids = this.points();
    const refs = this.refs.view();
    const point = new Uint32Array(refs.length);
    const uses = new Uint8Array(ids.length);
    for (let k = 0; k < refs.length; k++) {
      const at = (point[k] = placeIn(ids, refs[k]));
      if (uses[at] < 2) uses[at]++;
    }
    const nodeOf = new Int32Array(ids.length).fill(-1);
    const made = {
      nodeLat: growingInt32(),
      nodeLng: growingInt32(),
      nodeBits: growingUint8(),
      from: growingUint32(),
      to: growingUint32(),
      length: growingUint32(),
      way: growingUint32(),
      shapeFirst: growingUint32(),
      shapeLat: growingInt32(),
      shapeLng: growingInt32(),
      arcTime: growingUint32(),
      arcOut: growingUint8(),
      arcIn: growingUint8(),
      nodeOf,
      missing: 0,
    };
    const nodeAt = (at: number): number => {
      const blocked = (this.marks[at] & 2) !== 0;
      if (!blocked && nodeOf[at] >= 0) return nodeOf[at];
      const node = made.nodeLat.length;
      made.nodeLat.push(this.lat[at]);
      made.nodeLng.push(this.lng[at]);
      made.nodeBits.push(this.marks[at] & 4 ? NODE.signals : 0);
      if (!blocked) nodeOf[at] = node;
      return node;
    };
    made.shapeFirst.push(0);
    for (let way = 0; way < this.wayId.length; way++) {
      const begin = this.wayFirst.get(way);
      const end = way + 1 < this.wayId.length ? this.wayFirst.get(way + 1) : refs.length;
      let run: number[] = [];
      const close = (): void => {
        if (run.length > 1) this.edge(made, way, run, nodeAt);
      };
      for (let k = begin; k < end; k++) {
        const at = point[k];
        if ((this.marks[at] & 1) === 0) {
          made.missing++;
          close();
          run = [];
          continue;
        }
        if (run.length > 0 && run[run.length - 1] === at) continue;
        run.push(at);
        if (run.length > 1 && (uses[at] > 1 || (this.marks[at] & 2) !== 0)) {
          close();
          run = [at];
        }
      }
      close();
    }
    return made;
  }

  private edge(
    made: ReturnType<GraphBuilder['cut']>,
    way: number,
    run: number[],
    nodeAt: (at: number) => number,
  ): void {
    const { lat, lng } = this;
    let metres = 0;
    for (let k = 1; k < run.length; k++) metres += metresOf(lat[run[k - 1]], lng[run[k - 1]], lat[run[k]], lng[run[k]]);
    made.from.push(nodeAt(run[0]));
    made.to.push(nodeAt(run[run.length - 1]));
    made.length.push(Math.max(1, Math.round(metres * 100)));
    made.way.push(way);
    for (const at of run) {
      made.shapeLat.push(lat[at]);
      made.shapeLng.push(lng[at]);
    }
    made.shapeFirst.push(made.shapeLat.length);
    const bearing = (a: number, b: number): number => bearingOf(lat[a], lng[a], lat[b], lng[b]);
    const [first, second] = [run[0], run[1]];
    const [last, before] = [run[run.length - 1], run[run.length - 2]];
    for (const [kmh, begun, ended] of [
      [this.forward.get(way), bearing(first, second), bearing(before, last)],
      [this.backward.get(way), bearing(last, before), bearing(second, first)],
    ]) {
      made.arcTime.push(kmh === 0 ? NONE : Math.max(1, Math.round((metres / (kmh / 3.6)) * 1000)));
      made.arcOut.push(begun);
      made.arcIn.push(ended);
    }
  }
}
