import { deflateSync } from 'node:zlib';
import { SeededRandom } from '../src/mobility/location/domain/optimization/random';
import { RoadGraph } from '../src/mobility/location/domain/routing/graph';
import { GraphBuilder } from '../src/mobility/location/domain/routing/graph-builder';
import type { Tags } from '../src/mobility/location/domain/routing/road-tags';

/** Roads that are made, for tests and measurements. */
export interface MadeRoads {
  nodes: Record<number, [x: number, y: number, tags?: Tags]>;
  ways: { id: number; nodes: number[]; tags: Tags }[];
  /** `via` a node, or ways between. */
  rules?: { from: number; via: number | number[]; to: number; rule: string }[];
}

/** Metres east and north of a point near Lisbon, as degrees. */
export const at = (x: number, y: number): { lat: number; lng: number } => ({
  lat: 38.7 + y / 111_194.9,
  lng: -9.1 + x / (111_194.9 * Math.cos((38.7 * Math.PI) / 180)),
});

/** The network of made roads: as an import of them would make it, and as one that is read again. */
export function graphOf({ nodes, ways, rules = [] }: MadeRoads): RoadGraph {
  const builder = new GraphBuilder();
  for (const { id, tags, nodes: refs } of ways) builder.way(id, { highway: 'residential', ...tags }, refs);
  for (const { from, via, to, rule } of rules)
    builder.relation({ type: 'restriction', restriction: rule }, [
      { type: 'way', ref: from, role: 'from' },
      ...(Array.isArray(via)
        ? via.map((ref) => ({ type: 'way', ref, role: 'via' }))
        : [{ type: 'node', ref: via, role: 'via' }]),
      { type: 'way', ref: to, role: 'to' },
    ]);
  for (const [id, [x, y, tags]] of Object.entries(nodes)) {
    const { lat, lng } = at(x, y);
    builder.node(Number(id), lat, lng, tags ?? null);
  }
  const { graph } = builder.build({ source: 'made', importedAt: '2026-01-01T00:00:00.000Z' });
  const parts = RoadGraph.encode(graph.head, graph.at);
  const bytes = new Uint8Array(new SharedArrayBuffer(parts.reduce((sum, { length }) => sum + length, 0)));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return RoadGraph.decode(bytes.buffer);
}

/** A town of `side` by `side` junctions, crooked, with one-ways, roads of all speeds, gaps, rules of turning and signals. */
export function madeTown(side: number, seed: number): MadeRoads {
  const random = new SeededRandom(seed);
  const nodes: MadeRoads['nodes'] = {};
  const ways: MadeRoads['ways'] = [];
  const rules: NonNullable<MadeRoads['rules']> = [];
  const id = (x: number, y: number): number => 1 + y * side + x;
  const kinds = ['residential', 'residential', 'residential', 'tertiary', 'secondary', 'primary'];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      nodes[id(x, y)] = [
        x * 100 + random.below(60),
        y * 100 + random.below(60),
        random.below(10) === 0 ? { highway: 'traffic_signals' } : undefined,
      ];
  const wayAt = new Map<string, number>();
  const join = (a: number, b: number): void => {
    if (random.below(12) === 0) return;
    const oneway = random.below(5);
    const tags = {
      highway: kinds[random.below(kinds.length)],
      ...(oneway < 2 ? { oneway: oneway ? 'yes' : '-1' } : {}),
    };
    wayAt.set(`${a} ${b}`, ways.push({ id: 1_000_000 + ways.length, nodes: [a, b], tags }) - 1);
  };
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      if (x + 1 < side) join(id(x, y), id(x + 1, y));
      if (y + 1 < side) join(id(x, y), id(x, y + 1));
    }
  for (let y = 1; y + 1 < side; y++)
    for (let x = 1; x + 1 < side; x++) {
      if (random.below(6) > 0) continue;
      const from = wayAt.get(`${id(x - 1, y)} ${id(x, y)}`);
      const to = wayAt.get(`${id(x, y)} ${id(x, y + 1)}`);
      if (from === undefined || to === undefined) continue;
      const rule = random.below(3) === 0 ? 'only_left_turn' : 'no_left_turn';
      rules.push({ from: ways[from].id, via: id(x, y), to: ways[to].id, rule });
    }
  return { nodes, ways, rules };
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');

/** As OSM XML. */
export function xmlOf({ nodes, ways, rules = [] }: MadeRoads): string {
  const tagsOf = (tags: Tags = {}): string =>
    Object.entries(tags)
      .map(([k, v]) => `<tag k="${escaped(k)}" v="${escaped(v)}"/>`)
      .join('');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">',
    ...Object.entries(nodes).map(([id, [x, y, tags]]) => {
      const { lat, lng } = at(x, y);
      return `<node id="${id}" lat="${(Math.round(lat * 1e7) / 1e7).toFixed(7)}" lon="${(Math.round(lng * 1e7) / 1e7).toFixed(7)}">${tagsOf(tags)}</node>`;
    }),
    ...ways.map(
      ({ id, nodes: refs, tags }) =>
        `<way id="${id}">${refs.map((ref) => `<nd ref="${ref}"/>`).join('')}${tagsOf({ highway: 'residential', ...tags })}</way>`,
    ),
    ...rules.map(
      ({ from, via, to, rule }, k) =>
        `<relation id="${k + 1}"><member type="way" ref="${from}" role="from"/>` +
        (Array.isArray(via) ? via : [via])
          .map((ref) => `<member type="${Array.isArray(via) ? 'way' : 'node'}" ref="${ref}" role="via"/>`)
          .join('') +
        `<member type="way" ref="${to}" role="to"/>${tagsOf({ type: 'restriction', restriction: rule })}</relation>`,
    ),
    '</osm>\n',
  ].join('\n');
}

/** As OSM PBF, with dense nodes (or single ones), packed by zlib (or not), in blobs as a planet file has them. */
export async function pbfOf(
  { nodes, ways, rules = [] }: MadeRoads,
  { dense = true, zlib = true } = {},
): Promise<Buffer> {
  const { default: Pbf } = await import('pbf');
  const strings = [''];
  const index = (text: string): number => (strings.includes(text) ? strings.indexOf(text) : strings.push(text) - 1);
  const deltas = (values: number[]): number[] => values.map((value, k) => value - (values[k - 1] ?? 0));
  const listed = Object.entries(nodes).map(([id, [x, y, tags]]) => {
    const { lat, lng } = at(x, y);
    return { id: Number(id), lat: Math.round(lat * 1e7), lng: Math.round(lng * 1e7), tags: tags ?? {} };
  });
  const group = (write: (pbf: InstanceType<typeof Pbf>) => void): Buffer => {
    const body = new Pbf();
    write(body);
    const bytes = body.finish();
    const block = new Pbf();
    block.writeMessage(1, (_, pbf) => strings.forEach((text) => pbf.writeStringField(1, text)), null);
    block.writeBytesField(2, bytes);
    return framed('OSMData', block.finish());
  };
  const framed = (type: string, data: Uint8Array): Buffer => {
    const blob = new Pbf();
    if (zlib) {
      blob.writeVarintField(2, data.length);
      blob.writeBytesField(3, deflateSync(data));
    } else blob.writeBytesField(1, data);
    const packed = blob.finish();
    const head = new Pbf();
    head.writeStringField(1, type);
    head.writeVarintField(3, packed.length);
    const header = head.finish();
    const size = Buffer.alloc(4);
    size.writeUInt32BE(header.length);
    return Buffer.concat([size, header, packed]);
  };
  const pairs = (tags: Tags): [number[], number[]] => [Object.keys(tags).map(index), Object.values(tags).map(index)];
  const header = new Pbf();
  header.writeStringField(4, 'OsmSchema-V0.6');
  if (dense) header.writeStringField(4, 'DenseNodes');
  const points = group((pbf) => {
    if (dense) {
      const tags = listed.flatMap((node) => [
        ...Object.entries(node.tags).flatMap(([k, v]) => [index(k), index(v)]),
        0,
      ]);
      pbf.writeMessage(
        2,
        (_, inner) => {
          inner.writePackedSVarint(1, deltas(listed.map(({ id }) => id)));
          inner.writePackedSVarint(8, deltas(listed.map(({ lat }) => lat)));
          inner.writePackedSVarint(9, deltas(listed.map(({ lng }) => lng)));
          inner.writePackedVarint(10, tags);
        },
        null,
      );
      return;
    }
    for (const { id, lat, lng, tags } of listed)
      pbf.writeMessage(
        1,
        (_, inner) => {
          inner.writeSVarintField(1, id);
          inner.writePackedVarint(2, pairs(tags)[0]);
          inner.writePackedVarint(3, pairs(tags)[1]);
          inner.writeSVarintField(8, lat);
          inner.writeSVarintField(9, lng);
        },
        null,
      );
  });
  const roads = group((pbf) => {
    for (const { id, nodes: refs, tags } of ways) {
      const [keys, values] = pairs({ highway: 'residential', ...tags });
      pbf.writeMessage(
        3,
        (_, inner) => {
          inner.writeVarintField(1, id);
          inner.writePackedVarint(2, keys);
          inner.writePackedVarint(3, values);
          inner.writePackedSVarint(8, deltas(refs));
        },
        null,
      );
    }
  });
  const relations = group((pbf) => {
    rules.forEach(({ from, via, to, rule }, k) => {
      const [keys, values] = pairs({ type: 'restriction', restriction: rule });
      pbf.writeMessage(
        4,
        (_, inner) => {
          inner.writeVarintField(1, k + 1);
          inner.writePackedVarint(2, keys);
          inner.writePackedVarint(3, values);
          const between = Array.isArray(via) ? via : [via];
          inner.writePackedVarint(8, [index('from'), ...between.map(() => index('via')), index('to')]);
          inner.writePackedSVarint(9, deltas([from, ...between, to]));
          inner.writePackedVarint(10, [1, ...between.map(() => (Array.isArray(via) ? 1 : 0)), 1]);
        },
        null,
      );
    });
  });
  return Buffer.concat([framed('OSMHeader', header.finish()), points, roads, relations]);
}
