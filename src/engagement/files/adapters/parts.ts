/** Bytes of a part: those that wait are what an upload holds in memory. S3 asks for 5 MiB at least. */
export const PART_BYTES = 8 * 1024 ** 2;

/** A stream in parts of equal size, but for the last. */
export async function* parts(content: AsyncIterable<Buffer>, size = PART_BYTES): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const piece of content) {
    waiting.push(piece);
    length += piece.length;
    if (length < size) continue;
    let whole = Buffer.concat(waiting, length);
    for (; whole.length >= size; whole = whole.subarray(size)) yield whole.subarray(0, size);
    waiting = [whole];
    length = whole.length;
  }
  if (length > 0) yield Buffer.concat(waiting, length);
}
