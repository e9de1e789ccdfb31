import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { PushProvider } from '../domain/push';

/** A device that push messages reach. */
export interface PushTarget {
  userId: string;
  pushTokenId: string;
  /** Name of the push service. */
  provider: PushProvider;
}

/** Devices of people: each gets a push message of its own. */
@Injectable()
export class PushTargets {
  /** Those that are in use, of these users; one statement. */
  of(tx: Transaction, userIds: string[]): Promise<PushTarget[]> {
    return tx.query<PushTarget>(
      `select user_id as "userId", id as "pushTokenId", provider from notifications.push_tokens
       where tenant_id = $1 and user_id = any($2::uuid[]) and state = 'active' order by user_id, id`,
      [tx.tenantId, userIds],
    );
  }
}
