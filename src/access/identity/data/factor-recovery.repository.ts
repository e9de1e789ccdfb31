import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { RECOVERY_DAYS, WAITING_DAYS, type RecoveryState } from '../domain/factor-recovery.policy';

export interface RecoveryRow extends RecoveryState {
  id: string;
  userId: string;
  organizationId: string | null;
  openedAt: Date;
}

const ROW = `id, user_id as "userId", organization_id as "organizationId", state, email_confirmed_at as "emailConfirmedAt",
  approved_at as "approvedAt", waits_until as "waitsUntil", expires_at as "expiresAt", opened_at as "openedAt"`;

/** Recoveries of people who have lost every factor. */
@Injectable()
export class FactorRecoveryRepository {
  constructor(private readonly database: Database) {}

  /** Opens one; the caller has locked the user and seen that none is open. */
  async open(
    tx: Transaction,
    facts: { id: string; userId: string; organizationId: string | null; linkHash: Buffer; stopHash: Buffer },
  ): Promise<RecoveryRow> {
    const rows = await tx.query<RecoveryRow>(
      `insert into identity.factor_recoveries (id, user_id, organization_id, link_hash, stop_hash, state, opened_at, waits_until, expires_at)
       values ($1, $2, $3, $4, $5, 'open', kernel.now(), kernel.now() + make_interval(days => ${WAITING_DAYS}),
         kernel.now() + make_interval(days => ${RECOVERY_DAYS})) returning ${ROW}`,
      [facts.id, facts.userId, facts.organizationId, facts.linkHash, facts.stopHash],
    );
    return rows[0];
  }

  /** The open recovery of a user, locked; null when there is none. One that has expired is closed by this. */
  async openOf(tx: Transaction, userId: string): Promise<RecoveryRow | null> {
    await tx.execute(
      `update identity.factor_recoveries set state = 'stopped', closed_at = kernel.now()
       where user_id = $1 and state = 'open' and expires_at <= kernel.now()`,
      [userId],
    );
    const rows = await tx.query<RecoveryRow>(
      `select ${ROW} from identity.factor_recoveries where user_id = $1 and state = 'open' for update`,
      [userId],
    );
    return rows[0] ?? null;
  }

  /** By the hash of one of the two links in the mail. */
  async byLink(kind: 'link' | 'stop', hash: Buffer): Promise<RecoveryRow | null> {
    const column = kind === 'link' ? 'link_hash' : 'stop_hash';
    const rows = await this.database.readPlatform<RecoveryRow>(
      `select ${ROW} from identity.factor_recoveries where ${column} = $1`,
      [hash],
    );
    return rows[0] ?? null;
  }

  /** @returns false when it is no longer open, or was confirmed before */
  async confirmEmail(tx: Transaction, id: string): Promise<boolean> {
    const done = await tx.execute(
      `update identity.factor_recoveries set email_confirmed_at = kernel.now()
       where id = $1 and state = 'open' and expires_at > kernel.now() and email_confirmed_at is null`,
      [id],
    );
    return done === 1;
  }

  /** @returns the recovery, unless it is none of this organization that is open and not approved yet */
  async approve(
    tx: Transaction,
    facts: { id: string; organizationId: string; by: string },
  ): Promise<RecoveryRow | null> {
    const rows = await tx.query<RecoveryRow>(
      `update identity.factor_recoveries set approved_at = kernel.now(), approved_by = $3
       where id = $1 and organization_id = $2 and state = 'open' and expires_at > kernel.now() and approved_at is null and user_id <> $3
       returning ${ROW}`,
      [facts.id, facts.organizationId, facts.by],
    );
    return rows[0] ?? null;
  }

  async close(tx: Transaction, id: string, state: 'completed' | 'stopped'): Promise<boolean> {
    const done = await tx.execute(
      `update identity.factor_recoveries set state = $2, closed_at = kernel.now() where id = $1 and state = 'open'`,
      [id, state],
    );
    return done === 1;
  }

  /** Open recoveries of an organization's people, the oldest first. */
  ofOrganization(organizationId: string): Promise<(RecoveryRow & { name: string; email: string })[]> {
    return this.database.readPlatform<RecoveryRow & { name: string; email: string }>(
      `select ${ROW.replace(/(^|, )(\w+)/g, '$1r.$2')}, u.name, u.email
       from identity.factor_recoveries r join identity.users u on u.id = r.user_id
       where r.organization_id = $1 and r.state = 'open' and r.expires_at > kernel.now() order by r.opened_at, r.id limit 200`,
      [organizationId],
    );
  }

  async openIn(organizationId: string, id: string): Promise<RecoveryRow | null> {
    const rows = await this.database.readPlatform<RecoveryRow>(
      `select ${ROW} from identity.factor_recoveries
       where id = $1 and organization_id = $2 and state = 'open' and expires_at > kernel.now()`,
      [id, organizationId],
    );
    return rows[0] ?? null;
  }
}
