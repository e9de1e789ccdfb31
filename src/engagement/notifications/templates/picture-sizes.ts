import type { FileFacts } from '../../files/contracts/files';

/** Bytes of all pictures of a mail together, before they are encoded: providers and mailboxes refuse large mails. */
export const MOST_PICTURE_BYTES = 1_048_576;
/** Bytes up to which a picture goes as it was uploaded: transparent, moving, without loss. */
const AS_IT_IS_BYTES = 262_144;
/** What every mail program shows; WebP and AVIF are not among them. */
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/gif']);

/** What of a file goes into a mail. */
export interface PictureSize {
  /** Null: as it was uploaded; sizes are JPEG. */
  rendition: 'medium' | 'small' | null;
  sizeBytes: number;
}

/** Whether a file can go into a mail: pictures that were looked into, but for SVG. */
export const isPicture = (file: FileFacts): boolean => file.state === 'clean' && sizesOf(file).length > 0;

/**
 * Chooses what of each file goes into one mail, so that all have room: the largest are taken smaller first. What has none
 * even then is left out.
 * @param files clean ones, each once
 */
export function fittingSizes(files: readonly FileFacts[]): Map<string, PictureSize> {
  const left = new Map(
    files.map((file) => [file.id, sizesOf(file)]).filter(([, sizes]) => sizes.length > 0) as [string, PictureSize[]][],
  );
  const bytes = (): number => [...left.values()].reduce((sum, [{ sizeBytes }]) => sum + sizeBytes, 0);
  while (bytes() > MOST_PICTURE_BYTES) {
    const bySize = [...left].sort(([, [a]], [, [b]]) => b.sizeBytes - a.sizeBytes);
    const [id, sizes] = bySize.find(([, { length }]) => length > 1) ?? bySize[0];
    if (sizes.length > 1) left.set(id, sizes.slice(1));
    else left.delete(id);
  }
  return new Map([...left].map(([id, [size]]) => [id, size]));
}

/** The largest first, each one smaller than the one before. */
function sizesOf({ mediaType, sizeBytes, width, renditions }: FileFacts): PictureSize[] {
  if (width === null) return [];
  const sizes: PictureSize[] = [];
  if (SHOWN.has(mediaType) && sizeBytes <= AS_IT_IS_BYTES) sizes.push({ rendition: null, sizeBytes });
  for (const rendition of ['medium', 'small'] as const) {
    const made = renditions.find((it) => it.name === rendition && it.mediaType === 'image/jpeg');
    if (made && made.sizeBytes < (sizes.at(-1)?.sizeBytes ?? Infinity))
      sizes.push({ rendition, sizeBytes: made.sizeBytes });
  }
  return sizes;
}
