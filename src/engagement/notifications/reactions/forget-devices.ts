import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { AccountDeleted, SessionRevoked } from '../../../access/identity/contracts/identity-events';

/** Who signed out on a device gets nothing shown on it any more, in whichever shop. */
@Reaction({ name: 'notifications.forget-device-when-session-revoked', on: SessionRevoked })
export class ForgetDeviceWhenSessionRevoked implements Reacts<SessionRevoked> {
  async react({ payload }: StoredEvent<SessionRevoked>, tx: Transaction): Promise<void> {
    await tx.query('select notifications.forget_session_devices($1)', [payload.sessionId]);
  }
}

@Reaction({ name: 'notifications.forget-devices-when-account-deleted', on: AccountDeleted })
export class ForgetDevicesWhenAccountDeleted implements Reacts<AccountDeleted> {
  async react({ payload }: StoredEvent<AccountDeleted>, tx: Transaction): Promise<void> {
    await tx.query('select notifications.forget_user_devices($1)', [payload.userId]);
  }
}
