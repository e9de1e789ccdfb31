import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { DeviceKind } from '../domain/device';

export interface DeviceSighting {
  userId: string;
  deviceId: string;
  name: string;
  kind: DeviceKind;
  country: string | null;
  fingerprint: Buffer;
}

const SEEN = `with seen as (
    insert into identity.devices (user_id, device_id, name, kind, country, first_seen_at, last_seen_at)
    values ($1, $2, $3, $4, $5, kernel.now(), kernel.now())
    on conflict (user_id, device_id) do update set name = excluded.name, kind = excluded.kind, country = excluded.country,
      last_seen_at = excluded.last_seen_at
    returning xmax = 0 as added)
  select seen.added and exists (select 1 from identity.sessions where user_id = $1 and fingerprint is not null)
    and not exists (select 1 from identity.sessions where user_id = $1 and fingerprint = $6) as strange from seen`;

/** Devices that users signed in with. */
@Injectable()
export class DeviceRepository {
  /**
   * Notes a device at a sign-in.
   * @returns true when neither the device nor one that looks like it was seen with this user, who has signed in before
   */
  async seen(
    tx: Transaction,
    { userId, deviceId, name, kind, country, fingerprint }: DeviceSighting,
  ): Promise<boolean> {
    const rows = await tx.query<{ strange: boolean }>(SEEN, [userId, deviceId, name, kind, country, fingerprint]);
    return rows[0].strange;
  }

  /** Ids of all devices that a user signed in with. */
  async idsOf(tx: Transaction, userId: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }>('select device_id as id from identity.devices where user_id = $1', [
      userId,
    ]);
    return rows.map(({ id }) => id);
  }

  /** @returns false when the user has no such device */
  async trust(tx: Transaction, userId: string, deviceId: string, trusted: boolean): Promise<boolean> {
    const updated = await tx.execute(
      `update identity.devices set trusted_at = case when $3 then coalesce(trusted_at, kernel.now()) end
       where user_id = $1 and device_id = $2`,
      [userId, deviceId, trusted],
    );
    return updated === 1;
  }

  /** @returns false when the user has no such device */
  async forget(tx: Transaction, userId: string, deviceId: string): Promise<boolean> {
    const deleted = await tx.execute('delete from identity.devices where user_id = $1 and device_id = $2', [
      userId,
      deviceId,
    ]);
    return deleted === 1;
  }
}
