import type { SAXParser } from 'sax';
import type { Tags } from '../domain/routing/road-tags';

/** What a reading of an extract is told. Ears that are missing are not listened for. */
export interface OsmEars {
  node?(id: number, lat: number, lng: number, tags: Tags | null): void;
  way?(id: number, tags: Tags, refs: ArrayLike<number>): void;
  relation?(tags: Tags, members: readonly { type: string; ref: number; role: string }[]): void;
}

/** Reads OSM XML (API 0.6) piece by piece. Document types are refused, so that nothing expands. @throws Error where it is not well formed */
export async function readOsmXml(pieces: AsyncIterable<Buffer>, ears: OsmEars): Promise<void> {
  const { parser: makeParser } = await import('sax');
  const parser: SAXParser = makeParser(true, { position: false });
  let wrong: string | null = null;
  let kind: string | null = null;
  let given: Record<string, string> = {};
  let tags: Record<string, string> = {};
  let tagged = false;
  let refs: number[] = [];
  let members: { type: string; ref: number; role: string }[] = [];
  let root = false;
  parser.onerror = (error) => {
    wrong = error.message.split('\n')[0];
  };
  parser.ondoctype = () => {
    wrong = 'it declares a document type';
  };
  parser.onopentag = (element) => {
    const attributes = element.attributes as Record<string, string>;
    switch (element.name) {
      case 'osm':
        root = true;
        break;
      case 'node':
      case 'way':
      case 'relation':
        kind = element.name;
        given = attributes;
        tags = {};
        tagged = false;
        refs = [];
        members = [];
        break;
      case 'tag':
        tags[attributes.k] = attributes.v;
        tagged = true;
        break;
      case 'nd':
        refs.push(Number(attributes.ref));
        break;
      case 'member':
        members.push({ type: attributes.type, ref: Number(attributes.ref), role: attributes.role });
    }
    if (!root) wrong ??= 'it does not begin with <osm>';
  };
  parser.onclosetag = (name) => {
    if (name !== kind) return;
    kind = null;
    if (given.action === 'delete' || given.visible === 'false') return;
    if (name === 'node') ears.node?.(Number(given.id), Number(given.lat), Number(given.lon), tagged ? tags : null);
    else if (name === 'way') ears.way?.(Number(given.id), tags, refs);
    else ears.relation?.(tags, members);
  };
  const decoder = new TextDecoder('utf-8');
  for await (const piece of pieces) {
    parser.write(decoder.decode(piece, { stream: true }));
    if (wrong) break;
  }
  if (!wrong) parser.write(decoder.decode()).close();
  if (wrong || !root) throw new Error(`This is not OSM XML: ${(wrong ?? 'it is empty').replace(/\.$/, '')}.`);
}
