/** How bytes are packed; `other`: in a way that nobody here can look into. */
export type Packing = 'zip' | 'gzip' | 'tar' | 'other';

const OTHERS = [
  '377abcaf271c', // 7z
  '526172211a07', // RAR
  'fd377a585a00', // xz
  '28b52ffd', // Zstandard
  '4d534346', // Microsoft cabinet
  '60ea', // ARJ
].map((hex) => Buffer.from(hex, 'hex'));

const begins = (head: Buffer, mark: Buffer): boolean => head.subarray(0, mark.length).equals(mark);

/** How an archive is packed, by its first 512 bytes; null for what is none. */
export function packingOf(head: Buffer): Packing | null {
  if (/^PK(?:\x03\x04|\x05\x06)/.test(head.toString('latin1', 0, 4))) return 'zip';
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length >= 262 && head.toString('latin1', 257, 262) === 'ustar') return 'tar';
  if (/^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/.test(head.toString('latin1', 0, 10))) return 'other';
  return OTHERS.some((mark) => begins(head, mark)) ? 'other' : null;
}

/** False for names that lead out of the folder into which an archive is unpacked, on any system. */
export function isSafeEntryName(name: string): boolean {
  if (name === '' || name.includes('\0') || /^[a-z]:/i.test(name) || /^[/\\]/.test(name)) return false;
  return !name.split(/[/\\]/).includes('..');
}
