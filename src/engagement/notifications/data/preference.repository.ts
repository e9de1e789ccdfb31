import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { DEFAULT_POLICY, NO_PREFERENCES, type Policy, type Preferences } from '../domain/preferences';

/** A document with its version, for If-Match; version 0: nothing was ever saved. */
export interface Saved<T> {
  document: T;
  version: number;
}

interface Row<T> {
  id: string;
  document: Partial<T>;
  version: number;
}

/** What an organization sets up about notifications, and what its people want. */
@Injectable()
export class PreferenceRepository {
  constructor(private readonly database: Database) {}

  /** The policy and the wishes of these users; one statement, in an open transaction or outside of one. */
  async of(
    tenantId: string,
    userIds: string[],
  ): Promise<{ policy: Saved<Policy>; people: Map<string, Saved<Preferences>> }> {
    const rows = await this.database.readAs<(Row<Policy> | Row<Preferences>) & { isPolicy: boolean }>(
      tenantId,
      `select id, document, version, true as "isPolicy" from notifications.policies where tenant_id = $1
       union all
       select id, document, version, false from notifications.user_preferences where tenant_id = $1 and id = any($2::uuid[])`,
      [tenantId, userIds],
    );
    const policy: Saved<Policy> = { document: DEFAULT_POLICY, version: 0 };
    const people = new Map<string, Saved<Preferences>>();
    for (const { id, document, version, isPolicy } of rows)
      if (isPolicy)
        Object.assign(policy, { document: { ...DEFAULT_POLICY, ...(document as Partial<Policy>) }, version });
      else people.set(id, { document: { ...NO_PREFERENCES, ...(document as Partial<Preferences>) }, version });
    return { policy, people };
  }

  /** What a user wants, locked until the end of the transaction, whether something was saved before or not. */
  async lockPerson(tx: Transaction, userId: string): Promise<Saved<Preferences>> {
    const [row] = await tx.query<Row<Preferences>>(
      `insert into notifications.user_preferences (tenant_id, id, document, version, updated_at)
       values ($1, $2, '{}', 0, kernel.now()) on conflict (tenant_id, id) do update set version = user_preferences.version
       returning id, document, version`,
      [tx.tenantId, userId],
    );
    return { document: { ...NO_PREFERENCES, ...row.document }, version: row.version };
  }

  savePerson(tx: Transaction, userId: string, document: Preferences): void {
    tx.later(
      `update notifications.user_preferences set document = $3, version = version + 1, updated_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, userId, JSON.stringify(document)],
    );
  }

  async lockPolicy(tx: Transaction): Promise<Saved<Policy>> {
    const [row] = await tx.query<Row<Policy>>(
      `insert into notifications.policies (tenant_id, id, document, version, updated_at)
       values ($1, $1, '{}', 0, kernel.now()) on conflict (tenant_id, id) do update set version = policies.version
       returning id, document, version`,
      [tx.tenantId],
    );
    return { document: { ...DEFAULT_POLICY, ...row.document }, version: row.version };
  }

  savePolicy(tx: Transaction, document: Policy): void {
    tx.later(
      `update notifications.policies set document = $2, version = version + 1, updated_at = kernel.now()
       where tenant_id = $1 and id = $1`,
      [tx.tenantId, JSON.stringify(document)],
    );
  }
}
