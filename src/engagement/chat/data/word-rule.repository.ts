import { Injectable } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { WordRules, type WordAction, type WordRule } from '../domain/word-rules';

export interface StoredRule {
  id: string;
  words: string;
  withinWords: boolean;
  action: WordAction;
  createdAt: string;
  updatedAt: string;
}

/** What a row of `chat.word_rules` is on the wire. */
export const RULE_COLUMNS = `w.id, w.words, w.within_words as "withinWords", w.action, to_jsonb(w.created_at) as "createdAt", to_jsonb(w.updated_at) as "updatedAt"`;

/** The rules of each tenant, compiled; remembered for five seconds, and for so long a change by another process may go unnoticed. */
@Injectable()
export class WordRuleRepository {
  private readonly known = new Cache<WordRules>({ name: 'chat.word-rules', max: 500, ttlMs: 5_000 });

  constructor(private readonly database: Database) {}

  of(tenantId: string): Promise<WordRules> {
    return this.known.getOrLoad(tenantId, async () => {
      const rules = await this.database.readAs<WordRule>(
        tenantId,
        'select folded, within_words as "withinWords", action from chat.word_rules where tenant_id = $1',
        [tenantId],
      );
      return new WordRules(rules);
    });
  }

  /** How many there are; the count holds until the commit, as others who add one wait. */
  async countLocked(tx: Transaction): Promise<number> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('chat.word_rules:' || $1::text, 0))`, [tx.tenantId]);
    const [{ count }] = await tx.query<{ count: number }>(
      'select count(*)::int as count from chat.word_rules where tenant_id = $1',
      [tx.tenantId],
    );
    return count;
  }

  /** Null where there is a rule for the same words. */
  async add(
    tx: Transaction,
    rule: WordRule & { id: string; words: string; createdBy: string | null },
  ): Promise<StoredRule | null> {
    const rows = await tx.query<StoredRule>(
      `insert into chat.word_rules as w (tenant_id, id, words, folded, within_words, action, created_by, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now(), kernel.now())
       on conflict (tenant_id, folded, within_words) do nothing returning ${RULE_COLUMNS}`,
      [tx.tenantId, rule.id, rule.words, rule.folded, rule.withinWords, rule.action, rule.createdBy],
    );
    return this.changed(tx, rows);
  }

  async change(tx: Transaction, id: string, action: WordAction): Promise<StoredRule | null> {
    const rows = await tx.query<StoredRule>(
      `update chat.word_rules w set action = $3, updated_at = kernel.now() where w.tenant_id = $1 and w.id = $2 returning ${RULE_COLUMNS}`,
      [tx.tenantId, id, action],
    );
    return this.changed(tx, rows);
  }

  async remove(tx: Transaction, id: string): Promise<StoredRule | null> {
    const rows = await tx.query<StoredRule>(
      `delete from chat.word_rules w where w.tenant_id = $1 and w.id = $2 returning ${RULE_COLUMNS}`,
      [tx.tenantId, id],
    );
    return this.changed(tx, rows);
  }

  private changed(tx: Transaction, [row]: StoredRule[]): StoredRule | null {
    tx.afterCommit(() => this.known.delete(tx.tenantId));
    return row ? { ...row, createdAt: iso(row.createdAt), updatedAt: iso(row.updatedAt) } : null;
  }
}

const iso = (at: string): string => new Date(at).toISOString();
