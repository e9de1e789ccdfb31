import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';

/** A device that push messages reach. */
export interface PushTarget {
  userId: string;
  pushTokenId: string;
  /** Name of the sender, see `ChannelSender.provider`. */
  provider: string;
}

/** Devices of people: each gets a push message of its own. */
@Injectable()
export class PushTargets {
  /** Those that are in use, of these users; one statement. */
  of(_tx: Transaction, _userIds: string[]): Promise<PushTarget[]> {
    return Promise.resolve([]);
  }
}
