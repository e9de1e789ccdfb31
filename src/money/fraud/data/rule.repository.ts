import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { Rule } from '../domain/decision';
import { ruleNameTaken, tooManyRules } from '../domain/fraud.errors';

/** A rule with what people note about it. */
export type StoredRule = Rule & { description: string | null };

const MOST_RULES = 200;
const UNIQUE_VIOLATION = '23505';

/** Rules, and every version of them that ever judged. */
@Injectable()
export class RuleRepository {
  async lock(tx: Transaction, id: string): Promise<StoredRule | null> {
    const [row] = await tx.query<StoredRule>(
      `select id, version, name, description, mode, condition, weight, decision from fraud.rules
       where tenant_id = $1 and id = $2 and deleted_at is null for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  /** @throws AppError conflict `fraud.rule-name-taken`, `fraud.too-many-rules` */
  async insert(tx: Transaction, rule: StoredRule): Promise<void> {
    const [{ rules }] = await tx.query<{ rules: number }>(
      'select count(*)::int as rules from fraud.rules where tenant_id = $1 and deleted_at is null',
      [tx.tenantId],
    );
    if (rules >= MOST_RULES) throw tooManyRules(MOST_RULES);
    await named(
      tx.execute(
        `insert into fraud.rules (tenant_id, id, name, description, version, mode, condition, weight, decision, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, kernel.now(), kernel.now())`,
        valuesOf(tx, rule),
      ),
    );
    this.keepVersion(tx, rule);
  }

  /** Stores the next version of a rule. @throws AppError conflict `fraud.rule-name-taken` */
  async update(tx: Transaction, rule: StoredRule): Promise<void> {
    await named(
      tx.execute(
        `update fraud.rules set name = $3, description = $4, version = $5, mode = $6, condition = $7, weight = $8, decision = $9,
           updated_at = kernel.now() where tenant_id = $1 and id = $2`,
        valuesOf(tx, rule),
      ),
    );
    this.keepVersion(tx, rule);
  }

  /** The rule judges no more; its versions stay, as judgements name them. */
  remove(tx: Transaction, id: string): void {
    tx.later(`update fraud.rules set deleted_at = kernel.now(), mode = 'off' where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      id,
    ]);
  }

  private keepVersion(tx: Transaction, { id, version, name, mode, condition, weight, decision }: StoredRule): void {
    tx.later(
      `insert into fraud.rule_versions (tenant_id, id, rule_id, version, name, mode, condition, weight, decision, changed_by, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, kernel.now())`,
      [
        tx.tenantId,
        newId(),
        id,
        version,
        name,
        mode,
        JSON.stringify(condition),
        weight,
        decision,
        currentContext().principal.userId,
      ],
    );
  }
}

const valuesOf = (tx: Transaction, rule: StoredRule): unknown[] => [
  tx.tenantId,
  rule.id,
  rule.name,
  rule.description,
  rule.version,
  rule.mode,
  JSON.stringify(rule.condition),
  rule.weight,
  rule.decision,
];

async function named(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    throw (error as { code?: string }).code === UNIQUE_VIOLATION ? ruleNameTaken() : error;
  }
}
