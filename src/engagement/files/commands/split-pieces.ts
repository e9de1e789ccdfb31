/** A stream of unknown length in pieces, each of which can be stored on its own while it arrives. */
export class PieceSplitter {
  private readonly source: AsyncIterator<Buffer>;
  private waiting: Buffer | null = null;
  private ended = false;
  /** Bytes that were handed out. */
  taken = 0;
  /** How the stream broke; what came before it did is good. */
  fault: unknown;

  constructor(content: AsyncIterable<Buffer>) {
    this.source = content[Symbol.asyncIterator]();
  }

  /** True when there is more. Waits for it. */
  async hasMore(): Promise<boolean> {
    if (this.waiting || this.ended) return this.waiting !== null;
    try {
      for (;;) {
        const next = await this.source.next();
        if (next.done) break;
        if (next.value.length === 0) continue;
        this.waiting = next.value;
        return true;
      }
    } catch (error) {
      this.fault = error;
    }
    this.ended = true;
    return false;
  }

  /** The next bytes, at most so many. It ends where the stream ends or breaks. */
  async *next(mostBytes: number): AsyncGenerator<Buffer> {
    let left = mostBytes;
    while (left > 0 && (await this.hasMore())) {
      const piece = this.waiting!.subarray(0, left);
      this.waiting = piece.length < this.waiting!.length ? this.waiting!.subarray(piece.length) : null;
      left -= piece.length;
      this.taken += piece.length;
      yield piece;
    }
  }
}
