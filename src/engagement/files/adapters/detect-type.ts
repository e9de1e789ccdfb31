import { textTypeOf } from '../domain/media-types';

/** Bytes of the beginning that are kept to tell the type by: office documents tell theirs behind a first entry. */
export const HEAD_BYTES = 64 * 1024;

/** Loaded with the first upload. */
const library = () => import('file-type/core');

/**
 * The media type that the first bytes tell; null where they tell none.
 * @param whole the head is the whole file
 */
export async function detectType(head: Buffer, whole: boolean): Promise<string | null> {
  const { fileTypeFromBuffer } = await library();
  // Whatever a broken head makes of the parser, it tells no type.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  // XML is a family that its text tells apart.
  if (found && found.mime !== 'application/xml') return found.mime;
  return textTypeOf(head, whole);
}
