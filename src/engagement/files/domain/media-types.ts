import { extensionOf } from './file-name';
import { heicNotSupported, typeMismatch, typeNotAllowed } from './files.errors';

/** How a type is treated: pictures are made anew, archives looked into, all else is kept as it is. */
export type Treatment = 'picture' | 'archive' | 'plain';

interface MediaType {
  extensions: readonly string[];
  treatment: Treatment;
  /** Browsers may show it in place: it can run nothing. */
  inline?: boolean;
  /** The type that its bytes alone tell: one of several that share a container. */
  container?: string;
}

const picture = (...extensions: string[]): MediaType => ({ extensions, treatment: 'picture', inline: true });
const media = (container: string, ...extensions: string[]): MediaType => ({
  extensions,
  treatment: 'plain',
  inline: true,
  container,
});
const text = (...extensions: string[]): MediaType => ({ extensions, treatment: 'plain', container: 'text/plain' });
const packed = (...extensions: string[]): MediaType => ({
  extensions,
  treatment: 'archive',
  container: 'application/zip',
});
const compound = (...extensions: string[]): MediaType => ({
  extensions,
  treatment: 'plain',
  container: 'application/x-cfb',
});
const OOXML = 'application/vnd.openxmlformats-officedocument';
const ODF = 'application/vnd.oasis.opendocument';

/** What is taken. Programs, HTML, and archives that nobody here can look into are not. */
const TYPES: Readonly<Record<string, MediaType>> = {
  'image/jpeg': picture('jpg', 'jpeg', 'jpe', 'jfif'),
  'image/png': picture('png'),
  'image/webp': picture('webp'),
  'image/gif': picture('gif'),
  'image/avif': picture('avif'),
  'image/tiff': { extensions: ['tif', 'tiff'], treatment: 'picture' },
  // A document that can run scripts: never shown in place, never made a picture of.
  'image/svg+xml': { extensions: ['svg'], treatment: 'plain' },
  'application/pdf': { extensions: ['pdf'], treatment: 'plain' },
  'application/rtf': { extensions: ['rtf'], treatment: 'plain' },
  'text/plain': { ...text('txt', 'text', 'log'), inline: true },
  'text/csv': text('csv'),
  'text/markdown': text('md', 'markdown'),
  'text/calendar': text('ics'),
  'text/vcard': text('vcf'),
  'text/tab-separated-values': text('tsv', 'tab'),
  'application/json': text('json', 'geojson'),
  'application/xml': { ...text('xml', 'gpx', 'kml'), container: 'application/xml' },
  'application/zip': packed('zip'),
  'application/epub+zip': packed('epub'),
  [`${OOXML}.wordprocessingml.document`]: packed('docx'),
  [`${OOXML}.spreadsheetml.sheet`]: packed('xlsx'),
  [`${OOXML}.presentationml.presentation`]: packed('pptx'),
  [`${ODF}.text`]: packed('odt'),
  [`${ODF}.spreadsheet`]: packed('ods'),
  [`${ODF}.presentation`]: packed('odp'),
  'application/x-tar': { extensions: ['tar'], treatment: 'archive' },
  'application/gzip': { extensions: ['gz', 'tgz'], treatment: 'archive' },
  'application/msword': compound('doc'),
  'application/vnd.ms-excel': compound('xls'),
  'application/vnd.ms-powerpoint': compound('ppt'),
  'application/vnd.ms-outlook': compound('msg'),
  'audio/mpeg': media('audio/mpeg', 'mp3'),
  'audio/wav': media('audio/wav', 'wav'),
  'audio/aac': media('audio/aac', 'aac'),
  'audio/flac': media('audio/flac', 'flac'),
  'audio/ogg': media('audio/ogg', 'ogg', 'oga', 'opus'),
  'audio/mp4': media('video/mp4', 'm4a', 'mp4'),
  'audio/webm': media('video/webm', 'weba', 'webm'),
  'video/mp4': media('video/mp4', 'mp4', 'm4v'),
  'video/quicktime': media('video/quicktime', 'mov', 'qt'),
  'video/webm': media('video/webm', 'webm'),
};

/** Other names of the same types, as browsers, phones and libraries say them. */
const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'application/x-zip-compressed': 'application/zip',
  'application/x-gzip': 'application/gzip',
  'application/x-gtar': 'application/x-tar',
  'text/xml': 'application/xml',
  'text/json': 'application/json',
  'text/x-markdown': 'text/markdown',
  'application/csv': 'text/csv',
  'text/rtf': 'application/rtf',
  'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-m4a': 'audio/mp4',
  'audio/x-flac': 'audio/flac',
  'audio/opus': 'audio/ogg',
  'audio/ogg; codecs=opus': 'audio/ogg',
  'video/x-m4v': 'video/mp4',
  'video/matroska': 'video/webm',
  'video/ogg': 'audio/ogg',
};

const UNKNOWN = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'application/unknown']);

export const treatmentOf = (mediaType: string): Treatment => TYPES[mediaType]?.treatment ?? 'plain';

/** True when a browser may show it in place. */
export const isInline = (mediaType: string): boolean => TYPES[mediaType]?.inline === true;

/** A type without parameters, by the name that is used here. */
export function plainType(type: string | null | undefined): string {
  const bare = (type ?? '').split(';')[0].trim().toLowerCase();
  return ALIASES[bare] ?? bare;
}

/** What a file without any mark of its type is by its first bytes: kinds of text, or null. */
export function textTypeOf(head: Buffer, whole: boolean): string | null {
  // A character may be cut by the end of the head.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let content: string;
  try {
    content = decoder.decode(head, { stream: !whole });
  } catch {
    return null;
  }

  if (/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(content)) return null;
  const begin = content.slice(0, 4_096).trimStart().toLowerCase();
  if (/^(?:<svg[\s>]|<(?:\?xml|!--|!doctype svg)[^]*<svg[\s>])/.test(begin)) return 'image/svg+xml';
  if (/^(?:<!doctype html|<html|<head|<body|<script|<iframe|<!--.{0,200}<html)/.test(begin)) return 'text/html';
  if (begin.startsWith('<?xml')) return 'application/xml';
  if (begin.startsWith('#!')) return 'text/x-script';
  return 'text/plain';
}

/**
 * The one type of an upload, from what its bytes, its sender and its name say. The bytes decide; the others may choose
 * among types that share a container, and must not contradict.
 * @param detected by its bytes; null where they tell nothing
 * @throws AppError unsupported-media-type `files.type-not-allowed`, `files.heic-not-supported`, `files.type-mismatch`
 */
export function mediaTypeOf(file: { name: string; declared: string | null; detected: string | null }): string {
  const { name } = file;
  const detected = file.detected === null ? null : plainType(file.detected);
  if (detected?.startsWith('image/hei')) throw heicNotSupported();
  const said = plainType(file.declared);
  // Windows calls CSV a workbook.
  const declared = said === 'application/vnd.ms-excel' && detected === 'text/plain' ? 'text/csv' : said;
  const extension = extensionOf(name);
  const candidates = Object.entries(TYPES)
    .filter(([type, it]) => type === detected || it.container === detected)
    .map(([type]) => type);
  if (detected === null || candidates.length === 0) throw typeNotAllowed(detected);
  const mismatch = () => typeMismatch({ declared: file.declared, detected, name });
  const fits = (type: string): boolean => extension === '' || TYPES[type].extensions.includes(extension);
  if (!UNKNOWN.has(declared)) {
    // Browsers call text by the type of its extension, or plain.
    const allowed = candidates.includes(declared) ? [declared] : [];
    if (declared === 'text/plain' || declared === detected) allowed.push(...candidates);
    const chosen = allowed.find(fits);
    if (!chosen || !candidates.includes(declared)) throw mismatch();
    return chosen;
  }
  const chosen = candidates.includes(detected) && fits(detected) ? detected : candidates.find(fits);
  if (!chosen) throw mismatch();
  return chosen;
}
