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
}
