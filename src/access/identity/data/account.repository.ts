import { Injectable } from '@nestjs/common';
import type { BatchResult, BatchStatement } from '../../../kernel/database/batch-query';
import { Database } from '../../../kernel/database/database';
import { named } from '../../../kernel/database/statements';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { LinkData, LinkPurpose, RegistrationData } from '../domain/challenge';
import { Credential } from '../domain/credential';
import type { StoredSecret } from '../domain/password-hasher';
import { User } from '../domain/user';

/** What a sign-in needs to know of an account, read without a lock. */
export interface AccountFacts {
  id: string;
  email: string;
  name: string;
  status: 'active' | 'disabled';
  platformRole: 'operator' | null;
  verified: boolean;
  credential: LivePassword | null;
  /** What the strictest of the user's organizations asks of failed tries, where it is more than the usual. */
  lockout: { tries: number; minutes: number } | null;
}

/** The live password of a user. */
export interface LivePassword extends StoredSecret {
  id: string;
  setAt: Date;
}

const FACTS = `select u.id, u.email, u.name, u.status, u.platform_role as "platformRole", u.email_verified_at is not null as verified,
    c.id as "credentialId", c.secret, c.pepper_key as "pepperKey", c.created_at as "setAt",
    u.lockout_tries as "lockoutTries", u.lockout_minutes as "lockoutMinutes"
  from identity.users u
  left join identity.credentials c on c.user_id = u.id and c.kind = 'password' and c.revoked_at is null`;

type Row = Omit<AccountFacts, 'credential' | 'lockout'> & {
  credentialId: string | null;
  secret: string | null;
  pepperKey: string | null;
  setAt: Date | null;
  lockoutTries: number | null;
  lockoutMinutes: number | null;
};

const factsOf = ({
  credentialId,
  secret,
  pepperKey,
  setAt,
  lockoutTries,
  lockoutMinutes,
  ...row
}: Row): AccountFacts => ({
  ...row,
  credential: credentialId === null || secret === null ? null : { id: credentialId, secret, pepperKey, setAt: setAt! },
  lockout: lockoutTries === null ? null : { tries: lockoutTries, minutes: lockoutMinutes! },
});

/** What only the person needs. */
const OF_A_PERSON = [
  'credentials',
  'challenges',
  'sign_ins',
  'devices',
  'factors',
  'backup_codes',
  'trusted_devices',
  'auth_flows',
  'factor_recoveries',
  'sign_in_tickets',
];

const USE_CREDENTIAL = `update identity.credentials set last_used_at = kernel.now(), secret = case when secret = $2 then $3 else secret end,
    pepper_key = case when secret = $2 then $4 else pepper_key end
  where id = $1 and revoked_at is null`;
const useParams = (before: LivePassword, rehashed: StoredSecret | null): unknown[] => {
  const now = rehashed ?? before;
  return [before.id, before.secret, now.secret, now.pepperKey];
};

/** Users of the platform's realm with their passwords and links. */
@Injectable()
export class AccountRepository {
  constructor(private readonly database: Database) {}

  /** Reads as `byEmail`, as a statement that travels with others; `factsIn` reads its answer. */
  byEmailStatement(emailNormalized: string): BatchStatement {
    return named(`${FACTS} where u.realm_id is null and u.email_normalized = $1`, [emailNormalized]);
  }

  factsIn({ rows }: BatchResult): AccountFacts | null {
    return rows[0] ? factsOf(rows[0] as unknown as Row) : null;
  }

  async byEmail(emailNormalized: string): Promise<AccountFacts | null> {
    const rows = await this.database.readPlatform<Row>(
      `${FACTS} where u.realm_id is null and u.email_normalized = $1`,
      [emailNormalized],
    );
    return rows[0] ? factsOf(rows[0]) : null;
  }

  async byId(id: string): Promise<AccountFacts | null> {
    const rows = await this.database.readPlatform<Row>(`${FACTS} where u.id = $1`, [id]);
    return rows[0] ? factsOf(rows[0]) : null;
  }

  /**
   * Inserts the user unless its address is taken; of two at once, the second waits for the first to commit. A new user
   * gets `secret` as its password in the same statement, so that a new address costs no trip more than a known one.
   * @returns the user of that address, locked, and whether it is the new one
   */
  async claimAddress(
    tx: Transaction,
    user: User,
    secret: StoredSecret | null = null,
  ): Promise<{ user: User; created: boolean }> {
    const inserted = await tx.query<{ id: string }>(
      `with made as (
         insert into identity.users (id, realm_id, email, email_normalized, name, status, platform_role, email_verified_at, created_at, updated_at, version)
         values ($1, null, $2, $3, $4, 'active', null, null, kernel.now(), kernel.now(), 1)
         on conflict on constraint users_address do nothing returning id),
       proof as (
         insert into identity.credentials (id, user_id, kind, secret, pepper_key, created_at)
         select $5::uuid, made.id, 'password', $6::text, $7::text, kernel.now() from made where $6::text is not null)
       select id from made`,
      [
        user.id,
        user.email,
        user.emailNormalized,
        user.name,
        newId(),
        secret?.secret ?? null,
        secret?.pepperKey ?? null,
      ],
    );
    return { user: (await this.lockByEmail(tx, user.emailNormalized))!, created: inserted.length === 1 };
  }

  /** Takes the lock under which a user's sign-ins take turns. @returns its status, or null */
  async lockById(tx: Transaction, userId: string): Promise<string | null> {
    const rows = await tx.query<{ status: string }>(
      'select status from identity.users where id = $1 for no key update',
      [userId],
    );
    return rows[0]?.status ?? null;
  }

  async lockByEmail(tx: Transaction, emailNormalized: string): Promise<User | null> {
    return (await tx.store.loadMany(User, { realmId: null, emailNormalized }))[0] ?? null;
  }

  /** How many failures in a row, and which waits after them, hold for a user; null: the usual ones. */
  async setLockout(tx: Transaction, userId: string, lockout: AccountFacts['lockout']): Promise<void> {
    await tx.execute('update identity.users set lockout_tries = $2, lockout_minutes = $3 where id = $1', [
      userId,
      lockout?.tries ?? null,
      lockout?.minutes ?? null,
    ]);
  }

  /** Deletes what proves who a user is and where it was; the user's row and its sessions' stay for those that refer to them. */
  async forget(tx: Transaction, userId: string): Promise<void> {
    for (const table of OF_A_PERSON) await tx.execute(`delete from identity.${table} where user_id = $1`, [userId]);
    await tx.execute(
      `update identity.sessions set ip = null, user_agent = null, device_name = null, country = null, fingerprint = null where user_id = $1`,
      [userId],
    );
  }

  /** Takes the live password away: only a link of a mail sets a new one. */
  async revokePassword(tx: Transaction, userId: string): Promise<void> {
    await tx.execute(
      `update identity.credentials set revoked_at = kernel.now() where user_id = $1 and kind = 'password' and revoked_at is null`,
      [userId],
    );
  }

  /** Makes `secret` the live password; the former one is kept as revoked. The user's row is locked by the caller. */
  async setPassword(tx: Transaction, userId: string, secret: StoredSecret): Promise<void> {
    await this.revokePassword(tx, userId);
    await tx.store.insert(Credential.password(userId, secret));
  }

  /**
   * Notes a sign-in, and the hash made anew. A change of the password takes the same row, so that a sign-in with the
   * old one either comes first, and its session is ended by the change, or is refused.
   * @returns false when the password is no longer the live one
   */
  async credentialUsed(tx: Transaction, before: LivePassword, rehashed: StoredSecret | null): Promise<boolean> {
    return (await tx.execute(USE_CREDENTIAL, useParams(before, rehashed))) === 1;
  }

  /** The same without waiting for it: the transaction fails with the error of `otherwise` when the password is not valid any longer. */
  useCredential(tx: Transaction, before: LivePassword, rehashed: StoredSecret | null, otherwise: () => Error): void {
    tx.later(
      `with used as (${USE_CREDENTIAL} returning 1) select kernel.expect_rows(count(*), 1, :label) from used`,
      useParams(before, rehashed),
      otherwise,
    );
  }

  /** The link of a token and whether it can still be used; read without a lock. */
  async openLink<Purpose extends LinkPurpose>(
    tokenHash: Buffer,
    purpose: Purpose,
  ): Promise<{ id: string; userId: string; data: LinkData[Purpose]; open: boolean } | null> {
    const rows = await this.database.readPlatform<{
      id: string;
      userId: string;
      data: LinkData[Purpose];
      open: boolean;
    }>(
      `select id, user_id as "userId", data, consumed_at is null and expires_at > kernel.now() as open
       from identity.challenges where token_hash = $1 and purpose = $2`,
      [tokenHash, purpose],
    );
    return rows[0] ?? null;
  }

  /** Uses up all open links of a user for these purposes; the user's row is locked by the caller. */
  async voidLinks(tx: Transaction, userId: string, purposes: LinkPurpose[]): Promise<void> {
    await tx.execute(
      `update identity.challenges set consumed_at = kernel.now(), data = '{}'
       where user_id = $1 and purpose = any($2) and consumed_at is null`,
      [userId, purposes],
    );
  }

  /** Hashes of the live password and of `count` former ones, the newest first. */
  async formerSecrets(userId: string, count: number): Promise<(StoredSecret & { live: boolean })[]> {
    return this.database.readPlatform(
      `select secret, pepper_key as "pepperKey", revoked_at is null as live from identity.credentials
       where user_id = $1 and kind = 'password' order by revoked_at desc nulls first, created_at desc limit $2`,
      [userId, count + 1],
    );
  }

  /** The registration that was asked for last and not completed; null when there is none. */
  async latestRegistration(tx: Transaction, userId: string): Promise<RegistrationData | null> {
    const rows = await tx.query<{ data: RegistrationData }>(
      `select data from identity.challenges where user_id = $1 and purpose = 'verify-email' and consumed_at is null
       order by created_at desc, id desc limit 1`,
      [userId],
    );
    return rows[0]?.data ?? null;
  }

  /** An id that no user has: lets a look-up for an absent account cost what one for a present account costs. */
  readonly nobody = newId();
}
