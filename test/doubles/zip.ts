import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipPart {
  name: string;
  data: Buffer;
  /** Bit 0: encrypted. */
  flags?: number;
  /** Of Unix: kind and rights. */
  mode?: number;
  /** What the headers say instead of the truth. */
  declaredSize?: number;
  store?: boolean;
}

/** A ZIP as nobody's library writes it: any flags, names and lies (APPNOTE 4.3). */
export function zip(parts: ZipPart[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, flags = 0, mode = 0o100644, declaredSize, store = false } of parts) {
    const packed = store ? data : deflateRawSync(data, { level: 9 });
    const title = Buffer.from(name, 'latin1');
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(flags, 2);
    facts.writeUInt16LE(store ? 0 : 8, 4);
    facts.writeUInt32LE(crc32(data), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(declaredSize ?? data.length, 18);
    facts.writeUInt16LE(title.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, title, packed]);
    const more = Buffer.alloc(14);
    more.writeUInt32LE((mode << 16) >>> 0, 6);
    more.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), facts, more, title]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, central, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** A ZIP in a ZIP in a ZIP ... @param depth how many */
export const nestedZip = (data: Buffer, name: string, depth: number): Buffer =>
  depth === 0
    ? data
    : zip([{ name: depth === 1 ? name : `level-${depth}.zip`, data: nestedZip(data, name, depth - 1) }]);
