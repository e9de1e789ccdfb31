import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { RoadGraph } from '../domain/routing/graph';
import { GraphBuilder, type GraphReport } from '../domain/routing/graph-builder';
import { readOsmPbf } from './osm-pbf';
import { readOsmXml, type OsmEars } from './osm-xml';

/** Where the road network lies within the data directory. */
export const graphFileOf = (dataDir: string): string => path.join(dataDir, 'roads', 'roads.graph');

/** One read asks for no more than this; larger ones fail on some systems. */
const PIECE = 1 << 28;

/** Told how many bytes of the extract were read, of how many; it is read twice. */
export type ReadProgress = (phase: 'roads' | 'places', bytes: number, total: number) => void;

/** Makes a road network of an OSM extract (`.osm` or `.osm.pbf`). @throws Error that says what is wrong with the file */
export async function graphOfExtract(
  file: string,
  importedAt: Date,
  progress: ReadProgress = () => undefined,
): Promise<{ graph: RoadGraph; report: GraphReport }> {
  const { size } = await stat(file);
  const builder = new GraphBuilder();
  const read = async (phase: 'roads' | 'places', ears: OsmEars): Promise<void> => {
    let done = 0;
    const pieces = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
        done += piece.length;
        progress(phase, done, size);
        yield piece;
      }
    };
    await (/\.pbf$/i.test(file) ? readOsmPbf : readOsmXml)(pieces(), ears);
  };
  await read('roads', {
    way: (id, tags, refs) => builder.way(id, tags, refs),
    relation: (tags, members) => builder.relation(tags, members),
  });
  await read('places', { node: (id, lat, lng, tags) => builder.node(id, lat, lng, tags) });
  return builder.build({ source: path.basename(file), importedAt: importedAt.toISOString() });
}

/** Writes a network beside the one in use and puts it in its place at once. @returns bytes */
export async function writeGraph(file: string, graph: RoadGraph): Promise<number> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}.new`;
  let bytes = 0;
  try {
    const handle = await open(beside, 'w', 0o600);
    try {
      for (const part of RoadGraph.encode(graph.head, graph.at)) bytes += await writeAll(handle, part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  return bytes;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<number> {
  for (let at = 0; at < bytes.length;)
    at += (await handle.write(bytes, at, Math.min(PIECE, bytes.length - at))).bytesWritten;
  return bytes.length;
}

/** Reads a network into memory that threads share. @throws Error where it is damaged */
export async function readGraph(file: string): Promise<{ memory: SharedArrayBuffer; graph: RoadGraph }> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const memory = new SharedArrayBuffer(size);
    const bytes = new Uint8Array(memory);
    for (let at = 0; at < size;) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(PIECE, size - at), at);
      if (bytesRead === 0) throw new Error('the road network is cut off: import the roads again');
      at += bytesRead;
    }
    return { memory, graph: RoadGraph.decode(memory) };
  } finally {
    await handle.close();
  }
}
