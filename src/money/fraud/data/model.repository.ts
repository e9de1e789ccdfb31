import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { Labelled, Trained } from '../domain/model';
import type { Signals } from '../domain/signals';

/** Paid tries of which nothing bad was heard for so long count as legitimate: most disputes come within two months. */
const QUIET_DAYS = 60;
/** Tries that are learnt from at most, the newest. */
const MOST = 20_000;

const KNOWN = `tenant_id = $1 and (label is not null or (outcome = 'paid' and created_at < kernel.now() - interval '${QUIET_DAYS} days'))`;

/** Models, and the tries that they learn from. */
@Injectable()
export class ModelRepository {
  async countKnown(tx: Transaction): Promise<{ frauds: number; legitimate: number }> {
    const [row] = await tx.query<{ frauds: number; legitimate: number }>(
      `select count(*) filter (where label = 'fraud')::int as frauds, count(*) filter (where label is distinct from 'fraud')::int as legitimate
       from fraud.assessments where ${KNOWN}`,
      [tx.tenantId],
    );
    return row;
  }

  /** Tries of which the truth is known, oldest first. */
  async known(tx: Transaction): Promise<Labelled[]> {
    return tx.query<{ signals: Signals; score: number; fraud: boolean }>(
      `select signals, score, fraud from (
         select id, created_at, signals, score, label is not distinct from 'fraud' as fraud from fraud.assessments
         where ${KNOWN} order by created_at desc, id desc limit ${MOST}) newest order by created_at, id`,
      [tx.tenantId],
    );
  }

  /** @returns the id of the model to be trained, or null while another one is */
  async open(tx: Transaction): Promise<string | null> {
    const id = newId();
    const opened = await tx.execute(
      `insert into fraud.models (tenant_id, id, version, asked_by, created_at)
       select $1, $2, coalesce(max(version), 0) + 1, $3, kernel.now() from fraud.models where tenant_id = $1
       on conflict do nothing`,
      [tx.tenantId, id, currentContext().principal.userId],
    );
    return opened === 1 ? id : null;
  }

  async stateOf(tx: Transaction, id: string): Promise<{ state: string; active: boolean } | null> {
    const [row] = await tx.query<{ state: string; active: boolean }>(
      'select state, active from fraud.models where tenant_id = $1 and id = $2 for update',
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  finish(tx: Transaction, id: string, trained: Trained): void {
    tx.later(
      `update fraud.models set state = 'ready', features = $3, trees = $4, samples = $5, frauds = $6, tested = $7, tested_frauds = $8,
         model_precision = $9, rules_precision = $10, trained_at = kernel.now()
       where tenant_id = $1 and id = $2 and state = 'training'`,
      [
        tx.tenantId,
        id,
        JSON.stringify(trained.features),
        JSON.stringify(trained.trees),
        trained.samples,
        trained.frauds,
        trained.tested,
        trained.testedFrauds,
        trained.modelPrecision,
        trained.rulesPrecision,
      ],
    );
  }

  /** Lets this model give the signal, or none. */
  async activate(tx: Transaction, id: string | null): Promise<void> {
    await tx.execute(
      'update fraud.models set active = false where tenant_id = $1 and active and id is distinct from $2',
      [tx.tenantId, id],
    );
    if (id)
      await tx.execute('update fraud.models set active = true where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  }
}
