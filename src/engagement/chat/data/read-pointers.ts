import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';

/** How far somebody has read a room, and what is left. */
export interface ReadPlace {
  roomId: string;
  /** As others see it. */
  readSeq: number;
  /** As nobody sees it; what counts is the further of the two. */
  privateReadSeq: number;
  lastSeq: number;
  /** At most 100. */
  unread: number;
  /** At most 100. */
  mentions: number;
}

/** A place to which somebody says it has read. */
export interface WantedPlace {
  roomId: string;
  seq: number;
  kind: 'public' | 'private' | 'unread';
}

/** How far somebody has read a thread, and what is left of it. */
export interface ThreadPlace {
  roomId: string;
  threadId: string;
  /** The furthest of what was read of the thread and of its room. */
  readSeq: number;
  /** Answers of others beyond; at most 100. */
  unread: number;
}

/** How far members have read. */
@Injectable()
export class ReadPointers {
  /** `shown`: what others see of it moved. */
  async set(
    tx: Transaction,
    roomId: string,
    userId: string,
    seq: number,
    kind: 'public' | 'private' | 'unread',
  ): Promise<ReadPlace & { shown: boolean; members: number }> {
    const [{ place }] = await tx.query<{ place: ReadPlace & { shown: boolean; members: number } }>(
      'select chat.set_read($1, $2, $3, $4) as place',
      [roomId, userId, seq, kind],
    );
    return place;
  }

  /** All in one statement; rooms that one is not in are left out. */
  async setMany(
    tx: Transaction,
    userId: string,
    wanted: readonly WantedPlace[],
  ): Promise<(ReadPlace & { shown: boolean; members: number })[]> {
    const [{ places }] = await tx.query<{ places: (ReadPlace & { shown: boolean; members: number })[] }>(
      'select chat.set_reads($1, $2) as places',
      [userId, JSON.stringify(wanted)],
    );
    return places;
  }

  async setThread(
    tx: Transaction,
    about: { roomId: string; threadId: string; userId: string },
    seq: number,
  ): Promise<ThreadPlace> {
    const [{ place }] = await tx.query<{ place: ThreadPlace }>('select chat.set_thread_read($1, $2, $3, $4) as place', [
      about.roomId,
      about.threadId,
      about.userId,
      seq,
    ]);
    return place;
  }
}
