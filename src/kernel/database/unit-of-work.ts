import { Inject, Injectable, Optional } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AuditSink } from '../audit/audit';
import { AuthVersions } from '../auth/versions';
import { currentContext, maybeContext, runInContext } from '../context/request-context';
import { Keyring } from '../crypto/keyring';
import { AppError } from '../errors/app-error';
import { isUuid } from '../ids/ids';
import { logger } from '../telemetry/logger';
import { MessagingRegistry } from '../messaging/registry';
import { DeliverySignal } from '../messaging/delivery-signal';
import { Database } from './database';
import { OpenTransaction } from './open-transaction';
import type { Transaction } from './transaction';

/** SQLSTATEs that mean "the same work may succeed if it is done again": deadlock and serialisation failure. */
const RETRYABLE = new Set(['40P01', '40001']);
const MOST_ATTEMPTS = 4;

export interface RunOptions {
  /** Tenant of the rows; default the context's. */
  tenantId?: string;
  /**
   * For hot work of small statements by key: each keeps the plan that was made once for its connection. Nothing of it may
   * search: a filter that is optional, a pattern or a range is planned badly by one who does not know its value.
   */
  keepPlans?: boolean;
}

/**
 * The write door. `run` opens a transaction of the context's tenant, hands it to the work and commits it together with
 * the recorded events, their deliveries, the audit rows and the idempotency answer. A `run` inside a `run` joins.
 */
@Injectable()
export class UnitOfWork {
  constructor(
    private readonly database: Database,
    private readonly registry: MessagingRegistry,
    private readonly versions: AuthVersions,
    private readonly signal: DeliverySignal,
    private readonly keyring: Keyring,
    @Optional() @Inject(AuditSink) private readonly audit?: AuditSink,
  ) {}

  /** The open transaction. @throws Error outside of `run`: writing there is a programming fault. */
  current(): Transaction {
    const open = maybeContext()?.transaction;
    if (!open) throw new Error('No open transaction: write inside uow.run().');
    return open;
  }

  /**
   * Runs `work` in one transaction and commits it. Where rights of the tenant changed since the guard looked, it judges
   * again within the transaction, before the work begins. Deadlocks and serialisation failures are tried again, at most
   * three times with jitter, so `work` must have no effect outside of the database before it returns.
   */
  async run<T>(work: (tx: Transaction) => Promise<T>, options: RunOptions = {}): Promise<T> {
    const context = currentContext();
    const open = context.transaction as OpenTransaction | undefined;
    if (open) return open.join(work, options.tenantId);
    const tenantId = options.tenantId ?? context.tenantId;
    if (!tenantId || !isUuid(tenantId)) {
      throw new AppError('tenant.required', 'invalid', 'This request must name its tenant.', {
        hint: 'Send the header X-Tenant with the slug of the shop, or sign in to an organization.',
      });
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(tenantId, work, options.keepPlans);
      } catch (error) {
        if (attempt >= MOST_ATTEMPTS || !RETRYABLE.has((error as { code?: string }).code ?? '')) throw error;
        logger.debug({ attempt, code: (error as { code?: string }).code }, 'transaction is tried again');
        await pause(randomInt(2, 12) * attempt);
      }
    }
  }

  /**
   * A transaction of one statement whose answer decides nothing further: BEGIN, the statement that `work` asks for at
   * once, and COMMIT travel in one trip. The answer is stored for no idempotency key. Its plan is kept.
   */
  async once<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    let answer: Promise<T> | undefined;
    await this.run(
      async (tx) => {
        answer = work(tx);
        // Should the trip fail, `run` says so.
        answer.catch(() => undefined);
      },
      { keepPlans: true },
    );
    return answer!;
  }

  private async attempt<T>(tenantId: string, work: (tx: Transaction) => Promise<T>, keepPlans?: boolean): Promise<T> {
    const client = await this.database.connect();
    const tx = new OpenTransaction(client, tenantId, {
      dataSource: this.database.dataSource,
      registry: this.registry,
      versions: this.versions,
      audit: this.audit,
      keyring: this.keyring,
      keepPlans,
    });
    let result: T;
    try {
      result = await runInContext({ transaction: tx, tenantId }, async () => {
        await tx.claimIdempotency();
        tx.noteCommand();
        const value = await work(tx);
        await tx.commit(value);
        return value;
      });
    } catch (error) {
      client.release(await tx.rollback());
      if (!RETRYABLE.has((error as { code?: string }).code ?? '')) await tx.runAfterRollback();
      throw error;
    }
    client.release();
    tx.settleIdempotency();
    if (tx.hasDeliveries) this.signal.raise();
    await tx.runAfterCommit();
    return result;
  }
}
