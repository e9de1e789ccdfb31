import { Injectable } from '@nestjs/common';
import type { BatchResult, BatchStatement } from '../../../kernel/database/batch-query';
import { Database } from '../../../kernel/database/database';
import { named } from '../../../kernel/database/statements';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { backupCodeHash } from '../domain/backup-code';
import type { FactorMethod } from '../domain/assurance';

/** A factor as its owner sees it. */
export interface FactorFacts {
  id: string;
  method: FactorMethod;
  name: string;
  /** End of the number of `sms`. */
  phoneHint: string | null;
  /** A passkey that is kept on one device, and one that is copied to others. */
  deviceBound: boolean | null;
  backedUp: boolean | null;
  /** Host name that a passkey belongs to. */
  rpId: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** A factor whose secret is needed. */
export interface SealedFactor {
  id: string;
  method: FactorMethod;
  secretEnc: string;
}

export interface Passkey {
  id: string;
  userId: string;
  /** Base64url. */
  credentialId: string;
  publicKey: Buffer;
  counter: number;
  transports: string[];
  rpId: string;
  deviceBound: boolean;
  backedUp: boolean;
}

const FACTS = `select id, method, name, phone_hint as "phoneHint", device_bound as "deviceBound", backed_up as "backedUp",
  rp_id as "rpId", created_at as "createdAt", last_used_at as "lastUsedAt" from identity.factors`;
const PASSKEY = `select id, user_id as "userId", credential_id as "credentialId", public_key as "publicKey", counter::float8 as counter,
  coalesce(transports, '{}') as transports, rp_id as "rpId", device_bound as "deviceBound", backed_up as "backedUp" from identity.factors`;

const LEFT = `select count(*)::int as left from identity.backup_codes where user_id = $1 and used_at is null`;

type PasskeyRow = Omit<Passkey, 'credentialId'> & { credentialId: Buffer };
const passkeyOf = (row: PasskeyRow): Passkey => ({ ...row, credentialId: row.credentialId.toString('base64url') });

/** Authenticators and backup codes of users. What must happen once is one conditional update. */
@Injectable()
export class FactorRepository {
  constructor(private readonly database: Database) {}

  async active(userId: string): Promise<FactorFacts[]> {
    return this.database.readPlatform<FactorFacts>(
      `${FACTS} where user_id = $1 and state = 'active' order by created_at, id`,
      [userId],
    );
  }

  /** Reads as `active`, by the account's address, as a statement that travels with others; `factsIn` reads its answer. */
  activeOfStatement(emailNormalized: string): BatchStatement {
    return named(
      `${FACTS} where state = 'active' and user_id =
         (select u.id from identity.users u where u.realm_id is null and u.email_normalized = $1) order by created_at, id`,
      [emailNormalized],
    );
  }

  factsIn({ rows }: BatchResult): FactorFacts[] {
    return rows as unknown as FactorFacts[];
  }

  /**
   * Lets the transaction, which has locked the user, fail with the error of `otherwise` when the user has an active factor
   * that is none of `judged`. Waited for by nobody.
   */
  expectNoOther(tx: Transaction, userId: string, judged: readonly FactorFacts[], otherwise: () => Error): void {
    tx.later(
      `select kernel.expect_rows(count(*), 0, :label) from identity.factors
       where user_id = $1 and state = 'active' and id <> all($2::uuid[])`,
      [userId, judged.map(({ id }) => id)],
      otherwise,
    );
  }

  /** The same within a transaction that has locked the user. */
  activeIn(tx: Transaction, userId: string): Promise<FactorFacts[]> {
    return tx.query<FactorFacts>(`${FACTS} where user_id = $1 and state = 'active' order by created_at, id`, [userId]);
  }

  /** How well a session is proven now. */
  async assuranceOf(sessionId: string): Promise<{ aal: number; amr: string[]; authTime: Date }> {
    const [row] = await this.database.readPlatform<{ aal: number; amr: string[]; authTime: Date }>(
      `select aal, amr, auth_time as "authTime" from identity.sessions where id = $1`,
      [sessionId],
    );
    return row;
  }

  /** @param tx where this transaction's own changes count */
  async backupCodesLeft(userId: string, tx?: Transaction): Promise<number> {
    const rows = tx
      ? await tx.query<{ left: number }>(LEFT, [userId])
      : await this.database.readPlatform<{ left: number }>(LEFT, [userId]);
    return rows[0].left;
  }

  /** Sealed secrets of the active factors of a method; with `id` of that one alone. */
  sealed(userId: string, method: 'totp' | 'sms', id?: string): Promise<SealedFactor[]> {
    return this.database.readPlatform<SealedFactor>(
      `select id, method, secret_enc as "secretEnc" from identity.factors
       where user_id = $1 and method = $2 and state = 'active' and ($3::uuid is null or id = $3) order by last_used_at desc nulls last, id`,
      [userId, method, id ?? null],
    );
  }

  /** The authenticator app that waits for its first code: the one asked for, else the newest. */
  async pendingTotp(userId: string, id?: string): Promise<(SealedFactor & { name: string }) | null> {
    const rows = await this.database.readPlatform<SealedFactor & { name: string }>(
      `select id, method, name, secret_enc as "secretEnc" from identity.factors
       where user_id = $1 and method = 'totp' and state = 'pending' and ($2::uuid is null or id = $2)
         and created_at > kernel.now() - interval '1 hour' order by created_at desc, id desc limit 1`,
      [userId, id ?? null],
    );
    return rows[0] ?? null;
  }

  async passkeys(userId: string): Promise<Passkey[]> {
    const rows = await this.database.readPlatform<PasskeyRow>(
      `${PASSKEY} where user_id = $1 and method = 'passkey' and state = 'active' order by id`,
      [userId],
    );
    return rows.map(passkeyOf);
  }

  async passkeyByCredential(credentialId: string): Promise<Passkey | null> {
    const rows = await this.database.readPlatform<PasskeyRow>(
      `${PASSKEY} where credential_id = $1 and state = 'active'`,
      [Buffer.from(credentialId, 'base64url')],
    );
    return rows[0] ? passkeyOf(rows[0]) : null;
  }

  /** An app that becomes a factor with its first right code; ones that were begun before and left give way. */
  async addPendingTotp(tx: Transaction, factor: { id: string; userId: string; name: string; secretEnc: string }) {
    await tx.execute(
      `delete from identity.factors where user_id = $1 and method = 'totp' and state = 'pending'
         and id not in (select id from identity.factors where user_id = $1 and method = 'totp' and state = 'pending' order by created_at desc limit 4)`,
      [factor.userId],
    );
    await tx.execute(
      `insert into identity.factors (id, user_id, method, name, state, secret_enc, created_at)
       values ($1, $2, 'totp', $3, 'pending', $4, kernel.now())`,
      [factor.id, factor.userId, factor.name, factor.secretEnc],
    );
  }

  /** @returns false when another request confirmed it first */
  async activateTotp(tx: Transaction, id: string, step: number): Promise<boolean> {
    const done = await tx.execute(
      `update identity.factors set state = 'active', confirmed_at = kernel.now(), last_used_at = kernel.now(), last_step = $2
       where id = $1 and state = 'pending'`,
      [id, step],
    );
    return done === 1;
  }

  async addActive(
    tx: Transaction,
    factor: {
      id: string;
      userId: string;
      method: 'sms' | 'email';
      name: string;
      secretEnc?: string;
      phoneHint?: string;
    },
  ): Promise<boolean> {
    const done = await tx.execute(
      `insert into identity.factors (id, user_id, method, name, state, secret_enc, phone_hint, created_at, confirmed_at, last_used_at)
       values ($1, $2, $3, $4, 'active', $5, $6, kernel.now(), kernel.now(), kernel.now()) on conflict do nothing`,
      [factor.id, factor.userId, factor.method, factor.name, factor.secretEnc ?? null, factor.phoneHint ?? null],
    );
    return done === 1;
  }

  /** @returns false when the credential belongs to somebody already */
  async addPasskey(
    tx: Transaction,
    passkey: Omit<Passkey, 'id'> & { id: string; name: string; aaguid: string },
  ): Promise<boolean> {
    const done = await tx.execute(
      `insert into identity.factors (id, user_id, method, name, state, credential_id, public_key, counter, transports, rp_id, aaguid,
         device_bound, backed_up, created_at, confirmed_at)
       values ($1, $2, 'passkey', $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11, kernel.now(), kernel.now())
       on conflict (credential_id) do nothing`,
      [
        passkey.id,
        passkey.userId,
        passkey.name,
        Buffer.from(passkey.credentialId, 'base64url'),
        passkey.publicKey,
        passkey.counter,
        passkey.transports,
        passkey.rpId,
        passkey.aaguid,
        passkey.deviceBound,
        passkey.backedUp,
      ],
    );
    return done === 1;
  }

  /** Uses a time step up. @returns false when this step, or a later one, was used before: the code is spent */
  async advanceStep(tx: Transaction, id: string, step: number): Promise<boolean> {
    const done = await tx.execute(
      `update identity.factors set last_step = $2, last_used_at = kernel.now()
       where id = $1 and state = 'active' and method = 'totp' and (last_step is null or last_step < $2)`,
      [id, step],
    );
    return done === 1;
  }

  /**
   * Notes the use of a passkey. @returns false when its counter did not grow: the authenticator was copied, or the answer
   * is an old one. Authenticators without a counter always say zero.
   */
  async advanceCounter(
    tx: Transaction,
    id: string,
    counter: number,
    backedUp: boolean,
    force = false,
  ): Promise<boolean> {
    const done = await tx.execute(
      `update identity.factors set counter = greatest(counter, $2), backed_up = $3, last_used_at = kernel.now()
       where id = $1 and state = 'active' and method = 'passkey' and ($4 or counter < $2 or (counter = 0 and $2 = 0))`,
      [id, counter, backedUp, force],
    );
    return done === 1;
  }

  /** @returns false when the factor is gone */
  async touch(tx: Transaction, id: string): Promise<boolean> {
    const done = await tx.execute(
      `update identity.factors set last_used_at = kernel.now() where id = $1 and state = 'active'`,
      [id],
    );
    return done === 1;
  }

  async rename(tx: Transaction, userId: string, id: string, name: string): Promise<FactorFacts | null> {
    const rows = await tx.query<FactorFacts>(
      `update identity.factors set name = $3 where user_id = $1 and id = $2 and state = 'active'
       returning id, method, name, phone_hint as "phoneHint", device_bound as "deviceBound", backed_up as "backedUp",
         rp_id as "rpId", created_at as "createdAt", last_used_at as "lastUsedAt"`,
      [userId, id, name],
    );
    return rows[0] ?? null;
  }

  async remove(tx: Transaction, userId: string, id: string): Promise<void> {
    await tx.execute(`delete from identity.factors where user_id = $1 and id = $2`, [userId, id]);
  }

  /** Removes all factors of a user, but for the one that is being set up. */
  async removeAll(tx: Transaction, userId: string, exceptId: string): Promise<void> {
    await tx.execute(`delete from identity.factors where user_id = $1 and id <> $2`, [userId, exceptId]);
  }

  /** Makes these the backup codes of a user; all former ones are void. */
  async replaceBackupCodes(tx: Transaction, userId: string, codes: readonly string[]): Promise<void> {
    await tx.execute(`delete from identity.backup_codes where user_id = $1`, [userId]);
    if (codes.length === 0) return;
    await tx.execute(
      `insert into identity.backup_codes (id, user_id, code_hash, created_at)
       select unnest($2::uuid[]), $1, unnest($3::bytea[]), kernel.now()`,
      [userId, codes.map(() => newId()), codes.map((code) => backupCodeHash(code))],
    );
  }

  /** Uses a code up. @returns false when it is none of this user's, or was used */
  async useBackupCode(tx: Transaction, userId: string, hash: Buffer): Promise<boolean> {
    const done = await tx.execute(
      `update identity.backup_codes set used_at = kernel.now() where user_id = $1 and code_hash = $2 and used_at is null`,
      [userId, hash],
    );
    return done === 1;
  }

  async trustDevice(
    tx: Transaction,
    trust: { userId: string; deviceId: string; organizationId: string | null; until: Date },
  ): Promise<void> {
    await tx.execute(
      `insert into identity.trusted_devices (user_id, device_id, organization_id, trusted_until, created_at)
       values ($1, $2, $3, $4, kernel.now())
       on conflict (user_id, device_id, organization_id) do update set trusted_until = excluded.trusted_until`,
      [trust.userId, trust.deviceId, trust.organizationId, trust.until],
    );
  }

  async isTrusted(userId: string, deviceId: string, organizationId: string | null): Promise<boolean> {
    const rows = await this.database.readPlatform<{ ok: boolean }>(
      `select true as ok from identity.trusted_devices
       where user_id = $1 and device_id = $2 and organization_id is not distinct from $3 and trusted_until > kernel.now()`,
      [userId, deviceId, organizationId],
    );
    return rows.length > 0;
  }

  async forgetDevices(tx: Transaction, userId: string): Promise<void> {
    await tx.execute(`delete from identity.trusted_devices where user_id = $1`, [userId]);
  }

  /** Locks the user's row: changes of one user's factors take turns. */
  async lockUser(tx: Transaction, userId: string): Promise<void> {
    await tx.query(`select id from identity.users where id = $1 for no key update`, [userId]);
  }
}
