import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../../kernel/errors/app-error';
import { PIECE, type Fix } from '../domain/fix';
import { busy } from '../domain/location.errors';
import { PositionWriter, type Outcome } from './position-writer';

/** Pieces of one batch that wait to be written at once. */
const MOST_HANDED = 4;
/** Long batches in work, and of one tenant: each is held whole until it is answered. */
const [MOST_LONG, MOST_LONG_OF_TENANT] = [16, 4];
/** Where too much waits to be written, a piece is handed on again after a time between these (milliseconds). */
const [LEAST_PAUSE_MS, MOST_PAUSE_MS] = [50, 250];
/** Milliseconds of such pauses before a batch is turned away. */
const PATIENCE_MS = 15_000;

/**
 * Writes batches of any length. What is longer than one commit takes is handed to the writer in pieces, the oldest first, a few at a
 * time, so that a long batch leaves room for others and is not refused for its length while others wait; it is answered once all of it
 * is committed. Where a piece cannot be written the batch fails, and sent again what was kept of it is a duplicate.
 */
@Injectable()
export class BatchWriter {
  /** Long batches in work, by tenant. */
  private readonly long = new Map<string, number>();
  private all = 0;

  constructor(private readonly writer: PositionWriter) {}

  /** @returns what became of each, in order, after the commit of all. @throws AppError unavailable `location.busy` */
  async write(tenantId: string, fixes: readonly Fix[]): Promise<Outcome[]> {
    if (fixes.length <= PIECE) return this.writer.write(tenantId, fixes);
    const own = this.long.get(tenantId) ?? 0;
    if (own >= MOST_LONG_OF_TENANT || this.all >= MOST_LONG) throw busy();
    this.long.set(tenantId, own + 1);
    this.all += 1;
    try {
      return await this.inPieces(tenantId, fixes);
    } finally {
      const left = this.long.get(tenantId)! - 1;
      if (left === 0) this.long.delete(tenantId);
      else this.long.set(tenantId, left);
      this.all -= 1;
    }
  }

  private async inPieces(tenantId: string, fixes: readonly Fix[]): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(fixes.length);
    // Of what is told twice the first counts: places of equal times stay in their order.
    const places = fixes.map((_, place) => place).sort((a, b) => fixes[a].fixTime - fixes[b].fixTime);
    let paused = 0;
    const handed: Promise<void>[] = [];
    try {
      for (let from = 0; from < places.length; from += PIECE) {
        const piece = places.slice(from, from + PIECE);
        const of = piece.map((place) => fixes[place]);
        await handed.at(-MOST_HANDED);
        let written = this.offer(tenantId, of);
        while (!written) {
          // Of a batch that finds no room at all nothing is kept.
          if (from === 0 || paused >= PATIENCE_MS) throw busy();
          const wait = randomInt(LEAST_PAUSE_MS, MOST_PAUSE_MS);
          await pause(wait);
          paused += wait;
          written = this.offer(tenantId, of);
        }
        const kept = written.then((found) => found.forEach((outcome, k) => (outcomes[piece[k]] = outcome)));
        // Looked at below, once it is its turn.
        kept.catch(() => undefined);
        handed.push(kept);
      }
      await Promise.all(handed);
    } finally {
      // Answered when nothing of it is under way any more.
      await Promise.allSettled(handed);
    }
    return outcomes;
  }

  /** @returns null where too much waits already */
  private offer(tenantId: string, fixes: readonly Fix[]): Promise<Outcome[]> | null {
    try {
      return this.writer.write(tenantId, fixes);
    } catch (error) {
      if (error instanceof AppError && error.code === 'location.busy') return null;
      throw error;
    }
  }
}
