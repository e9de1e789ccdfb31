import { Injectable } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Rule } from '../domain/decision';
import { policyOf, type FraudPolicy } from '../domain/fraud-policy';
import type { Model } from '../domain/model';

const LOAD = `select s.enabled, s.revision::float8 as revision, s.challenge_at, s.review_at, s.block_at, s.review_due_minutes,
  s.reject_after_hours,
  (select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'version', r.version, 'name', r.name, 'mode', r.mode,
       'condition', r.condition, 'weight', r.weight, 'decision', r.decision) order by r.created_at, r.id), '[]')
     from fraud.rules r where r.tenant_id = s.tenant_id and r.mode <> 'off' and r.deleted_at is null) as rules,
  (select jsonb_build_object('id', m.id, 'features', m.features, 'base', m.trees -> 'base', 'trees', m.trees -> 'trees')
     from fraud.models m where m.tenant_id = s.tenant_id and m.active) as model
  from fraud.settings s where s.tenant_id = $1 and s.id = $1`;

interface Row {
  enabled: boolean;
  revision: number;
  challenge_at: number | null;
  review_at: number | null;
  block_at: number | null;
  review_due_minutes: number;
  reject_after_hours: number;
  rules: Rule[];
  model: Model | null;
}

/**
 * What each tenant judges by. That nothing is on is remembered for five seconds, and for so long a change by another
 * process may go unnoticed; anything else is remembered longer, as a judgement sees the revision that counts and asks again.
 */
@Injectable()
export class FraudPolicies {
  private readonly policies = new Cache<FraudPolicy>({ name: 'fraud.policies', max: 2_000, ttlMs: 600_000 });
  private readonly nothing = new Cache<true>({ name: 'fraud.nothing-on', max: 20_000, ttlMs: 5_000 });

  /** Null where nothing is on. */
  async find(tx: Transaction): Promise<FraudPolicy | null> {
    if (this.nothing.get(tx.tenantId)) return null;
    return this.policies.get(tx.tenantId) ?? this.load(tx);
  }

  /** As `find`, whatever is remembered. */
  async load(tx: Transaction): Promise<FraudPolicy | null> {
    const [row] = await tx.query<Row>(LOAD, [tx.tenantId]);
    const policy = row?.enabled
      ? policyOf(
          {
            revision: row.revision,
            challengeAt: row.challenge_at,
            reviewAt: row.review_at,
            blockAt: row.block_at,
            reviewDueMinutes: row.review_due_minutes,
            rejectAfterHours: row.reject_after_hours,
          },
          row.rules,
          row.model,
        )
      : null;
    // Only what is committed may be remembered: this transaction may have changed it, and can still be undone.
    tx.afterCommit(() => {
      if (policy) this.policies.set(tx.tenantId, policy);
      else this.nothing.set(tx.tenantId, true);
    });
    return policy;
  }

  /** Notes that something of it changed; the first change switches judging on. */
  changed(tx: Transaction): void {
    tx.later(
      `insert into fraud.settings (tenant_id, id, updated_at) values ($1, $1, kernel.now())
       on conflict (tenant_id, id) do update set revision = fraud.settings.revision + 1, updated_at = kernel.now()`,
      [tx.tenantId],
    );
    tx.afterCommit(() => {
      this.policies.delete(tx.tenantId);
      this.nothing.delete(tx.tenantId);
    });
  }
}
