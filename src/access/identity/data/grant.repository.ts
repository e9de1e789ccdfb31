import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { standingStatement, teamStatement } from '../../organizations/contracts/standing';
import type { Subject } from '../domain/authorization';
import { subjectNotFound } from '../domain/grant.errors';

/** Grants as commands need them. */
@Injectable()
export class GrantRepository {
  /** @throws AppError 404 when the organization has no such member, team or key */
  async requireSubject(tx: Transaction, { type, id }: Subject): Promise<void> {
    if (type === 'user' || type === 'team') {
      const { text, values } = (type === 'user' ? standingStatement : teamStatement)(tx.tenantId, id);
      if ((await tx.query(text, values)).length === 1) return;
    }
    if (type === 'apiKey') {
      const keys = await tx.query(
        `select id from identity.api_keys where tenant_id = $1 and id = $2 and revoked_at is null for share`,
        [tx.tenantId, id],
      );
      if (keys.length === 1) return;
    }
    throw subjectNotFound();
  }

  /** Open grants of a subject, and of all teams. */
  async countOpen(tx: Transaction, { type, id }: Subject): Promise<{ ofSubject: number; ofTeams: number }> {
    const [row] = await tx.query<{ ofSubject: number; ofTeams: number }>(
      `select count(*) filter (where subject_type = $2 and subject_id = $3)::int as "ofSubject",
         count(*) filter (where subject_type = 'team')::int as "ofTeams"
       from identity.grants where tenant_id = $1 and revoked_at is null and expired_at is null
         and (valid_to is null or valid_to > kernel.now())
         and (subject_type = 'team' or (subject_type = $2 and subject_id = $3))`,
      [tx.tenantId, type, id],
    );
    return row;
  }

  /** What a subject is granted or denied, now or later. */
  async openOf(tx: Transaction, { type, id }: Subject): Promise<{ roles: string[]; permissions: string[] }> {
    const rows = await tx.query<{ role: string | null; permission: string | null }>(
      `select distinct role, permission from identity.grants where tenant_id = $1 and subject_type = $2 and subject_id = $3
         and revoked_at is null and expired_at is null and (valid_to is null or valid_to > kernel.now())`,
      [tx.tenantId, type, id],
    );
    return {
      roles: rows.flatMap(({ role }) => role ?? []),
      permissions: rows.flatMap(({ permission }) => permission ?? []),
    };
  }
}
