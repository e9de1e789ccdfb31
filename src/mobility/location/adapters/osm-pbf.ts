import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type Pbf from 'pbf';
import type { Tags } from '../domain/routing/road-tags';
import type { OsmEars } from './osm-xml';

/** Bounds of the format (OSM wiki, PBF Format). */
const MOST_HEADER = 64 * 1024;
const MOST_BLOB = 32 * 1024 * 1024;
/** Features of a file that this reader knows. */
const KNOWN = new Set(['OsmSchema-V0.6', 'DenseNodes']);
const MEMBERS = ['node', 'way', 'relation'];

const unpack = promisify(inflate) as (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

interface Block {
  strings: string[];
  groups: [from: number, to: number][];
  granularity: number;
  latOffset: number;
  lngOffset: number;
}

/** Reads an OSM PBF file piece by piece. @throws Error where it is another thing, is cut off or needs more than this reader knows */
export async function readOsmPbf(pieces: AsyncIterable<Buffer>, ears: OsmEars): Promise<void> {
  const { default: Reader } = await import('pbf');
  const bytes = new Pieces(pieces);
  let blobs = 0;
  for (;;) {
    const size = await bytes.take(4, blobs > 0);
    if (!size) break;
    const length = size.readUInt32BE(0);
    if (length > MOST_HEADER) throw new Error('This is not an OSM PBF file.');
    const head = new Reader((await bytes.take(length))!).readFields(
      (tag, into: { type: string; size: number }, pbf) => {
        if (tag === 1) into.type = pbf.readString();
        else if (tag === 3) into.size = pbf.readVarint();
      },
      { type: '', size: 0 },
    );
    if (head.size > MOST_BLOB || (blobs === 0 && head.type !== 'OSMHeader'))
      throw new Error('This is not an OSM PBF file.');
    const blob = (await bytes.take(head.size))!;
    blobs++;
    if (head.type !== 'OSMHeader' && head.type !== 'OSMData') continue;
    const pbf = new Reader(await blobOf(new Reader(blob)));
    if (head.type === 'OSMHeader') checkHeader(pbf);
    else readBlock(pbf, ears);
  }
  if (blobs === 0) throw new Error('The file is empty.');
}

async function blobOf(pbf: Pbf): Promise<Uint8Array> {
  const blob = pbf.readFields((tag, into: { raw?: Uint8Array; zlib?: Uint8Array; other?: number }, reader) => {
    if (tag === 1) into.raw = reader.readBytes();
    else if (tag === 3) into.zlib = reader.readBytes();
    else if (tag > 3) into.other = tag;
  }, {});
  if (blob.raw) return blob.raw;
  if (!blob.zlib) throw new Error('Its blobs are packed in another way than zlib, which is all that is read here.');
  return unpack(blob.zlib, { maxOutputLength: MOST_BLOB });
}

function checkHeader(pbf: Pbf): void {
  const needed = pbf.readFields((tag, into: string[], reader) => {
    if (tag === 4) into.push(reader.readString());
  }, []);
  const unknown = needed.filter((feature) => !KNOWN.has(feature));
  if (unknown.length > 0) throw new Error(`The file needs ${unknown.join(', ')}, which is not read here.`);
}

function readBlock(pbf: Pbf, ears: OsmEars): void {
  const block: Block = { strings: [], groups: [], granularity: 100, latOffset: 0, lngOffset: 0 };
  pbf.readFields((tag, into: Block, reader) => {
    if (tag === 1)
      reader.readMessage((field, strings: string[], inner) => {
        if (field === 1) strings.push(inner.readString());
      }, into.strings);
    else if (tag === 2) {
      const end = reader.readVarint() + reader.pos;
      into.groups.push([reader.pos, end]);
      reader.pos = end;
    } else if (tag === 17) into.granularity = reader.readVarint();
    else if (tag === 19) into.latOffset = reader.readVarint(true);
    else if (tag === 20) into.lngOffset = reader.readVarint(true);
  }, block);
  for (const [from, to] of block.groups) {
    pbf.pos = from;
    pbf.readFields(
      (tag, _, reader) => {
        if (tag === 1 && ears.node) readNode(reader, block, ears);
        else if (tag === 2 && ears.node) readDense(reader, block, ears);
        else if (tag === 3 && ears.way) readWay(reader, block, ears);
        else if (tag === 4 && ears.relation) readRelation(reader, block, ears);
      },
      null,
      to,
    );
  }
}

const degrees = (offset: number, granularity: number, value: number): number =>
  (offset + granularity * value) / 1_000_000_000;

function tagsOf(keys: number[], values: number[], strings: string[]): Tags | null {
  if (keys.length === 0) return null;
  const tags: Record<string, string> = {};
  keys.forEach((key, k) => (tags[strings[key]] = strings[values[k]]));
  return tags;
}

function readNode(pbf: Pbf, { strings, granularity, latOffset, lngOffset }: Block, ears: OsmEars): void {
  const node = { id: 0, lat: 0, lng: 0, keys: [] as number[], values: [] as number[] };
  pbf.readMessage((tag, into: typeof node, reader) => {
    if (tag === 1) into.id = reader.readSVarint();
    else if (tag === 2) reader.readPackedVarint(into.keys);
    else if (tag === 3) reader.readPackedVarint(into.values);
    else if (tag === 8) into.lat = reader.readSVarint();
    else if (tag === 9) into.lng = reader.readSVarint();
  }, node);
  const lat = degrees(latOffset, granularity, node.lat);
  ears.node?.(node.id, lat, degrees(lngOffset, granularity, node.lng), tagsOf(node.keys, node.values, strings));
}

/** Nodes as columns, each value the difference to the one before; tags as `key value key value 0`. */
function readDense(pbf: Pbf, { strings, granularity, latOffset, lngOffset }: Block, ears: OsmEars): void {
  const dense = { ids: [] as number[], lats: [] as number[], lngs: [] as number[], tags: [] as number[] };
  pbf.readMessage((tag, into: typeof dense, reader) => {
    if (tag === 1) reader.readPackedSVarint(into.ids);
    else if (tag === 8) reader.readPackedSVarint(into.lats);
    else if (tag === 9) reader.readPackedSVarint(into.lngs);
    else if (tag === 10) reader.readPackedVarint(into.tags);
  }, dense);
  let [id, lat, lng, at] = [0, 0, 0, 0];
  for (let k = 0; k < dense.ids.length; k++) {
    id += dense.ids[k];
    lat += dense.lats[k];
    lng += dense.lngs[k];
    let tags: Record<string, string> | null = null;
    while (at < dense.tags.length && dense.tags[at] !== 0) {
      (tags ??= {})[strings[dense.tags[at]]] = strings[dense.tags[at + 1]];
      at += 2;
    }
    at++;
    ears.node?.(id, degrees(latOffset, granularity, lat), degrees(lngOffset, granularity, lng), tags);
  }
}

function readWay(pbf: Pbf, { strings }: Block, ears: OsmEars): void {
  const way = { id: 0, keys: [] as number[], values: [] as number[], refs: [] as number[] };
  pbf.readMessage((tag, into: typeof way, reader) => {
    if (tag === 1) into.id = reader.readVarint();
    else if (tag === 2) reader.readPackedVarint(into.keys);
    else if (tag === 3) reader.readPackedVarint(into.values);
    else if (tag === 8) reader.readPackedSVarint(into.refs);
  }, way);
  for (let k = 1; k < way.refs.length; k++) way.refs[k] += way.refs[k - 1];
  ears.way?.(way.id, tagsOf(way.keys, way.values, strings) ?? {}, way.refs);
}

function readRelation(pbf: Pbf, { strings }: Block, ears: OsmEars): void {
  const lists = { keys: [] as number[], values: [] as number[], roles: [] as number[], refs: [] as number[] };
  const types: number[] = [];
  pbf.readMessage((tag, into: typeof lists, reader) => {
    if (tag === 2) reader.readPackedVarint(into.keys);
    else if (tag === 3) reader.readPackedVarint(into.values);
    else if (tag === 8) reader.readPackedVarint(into.roles);
    else if (tag === 9) reader.readPackedSVarint(into.refs);
    else if (tag === 10) reader.readPackedVarint(types);
  }, lists);
  let ref = 0;
  const members = lists.refs.map((step, k) => {
    ref += step;
    return { type: MEMBERS[types[k]], ref, role: strings[lists.roles[k]] };
  });
  ears.relation?.(tagsOf(lists.keys, lists.values, strings) ?? {}, members);
}

/** Takes so many bytes at a time from pieces of any size. */
class Pieces {
  private readonly source: AsyncIterator<Buffer>;
  private kept: Buffer[] = [];
  private size = 0;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.source = pieces[Symbol.asyncIterator]();
  }

  /** @param mayEnd null where nothing is left. @throws Error where less is left */
  async take(length: number, mayEnd = false): Promise<Buffer | null> {
    while (this.size < length) {
      const next = await this.source.next();
      if (next.done) {
        if (this.size === 0 && mayEnd) return null;
        throw new Error(this.size === 0 && length === 4 ? 'The file is empty.' : 'The file is cut off.');
      }
      this.kept.push(next.value);
      this.size += next.value.length;
    }
    const all = this.kept.length === 1 ? this.kept[0] : Buffer.concat(this.kept);
    this.kept = [all.subarray(length)];
    this.size -= length;
    return all.subarray(0, length);
  }
}
