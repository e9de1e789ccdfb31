import { badName } from './files.errors';

/** Longest name (bytes of UTF-8): what every file system takes. */
const MOST_BYTES = 255;
/** Characters that steer terminals, split headers or turn the reading direction, so that `gpj.exe` reads `exe.jpg`. */

const STEERING =
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffc-\uffff]|\p{Surrogate}/u;
/** Names that Windows takes for devices, whatever the extension. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/**
 * The name of an upload as it will be shown, in composed form (NFC). It never becomes a path: bytes are stored under
 * names of our own.
 * @throws AppError invalid `files.name-invalid` for paths and tricks
 */
export function fileName(given: string): string {
  const name = given.normalize('NFC').trim();
  if (name === '') throw badName('The file has no name.');
  if (Buffer.byteLength(name) > MOST_BYTES) throw badName(`A name may have at most ${MOST_BYTES} bytes.`);
  if (/[/\\]/.test(name) || name === '.' || name === '..') throw badName('A name is no path.');
  if (STEERING.test(name)) throw badName('A name holds no control characters.');
  if (name.startsWith('.') || name.endsWith('.')) throw badName('A name neither begins nor ends with a dot.');
  if (/[<>:"|?*]/.test(name) || DEVICES.test(name)) throw badName('Not every system could keep a file of this name.');
  return name;
}

/** Extension in lower case without its dot; empty without one. */
export const extensionOf = (name: string): string => /\.([a-z0-9]{1,12})$/i.exec(name)?.[1].toLowerCase() ?? '';

/** Value of Content-Disposition (RFC 6266, RFC 8187): plain ASCII for old clients, the name itself for all others. */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return plain === name ? `${kind}; filename="${name}"` : `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
