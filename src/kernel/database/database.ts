import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Pool, PoolClient } from 'pg';
import { clock } from '../clock/clock';
import { currentContext, maybeContext, PLATFORM_TENANT } from '../context/request-context';
import { isUuid } from '../ids/ids';
import { AppError } from '../errors/app-error';
import { logger } from '../telemetry/logger';
import { sendBatch, type BatchResult, type BatchStatement } from './batch-query';
import { named } from './statements';
import { isTraced } from '../telemetry/tracing';
import { observeBatch, observedSubmit } from './sql-metrics';

/** Longest wait for a connection (milliseconds). */
const CONNECT_MS = 10_000;

/** Sets the tenant (and the clock's offset where one is set) until the end of the transaction. */
export function tenantStatement(tenantId: string): BatchStatement {
  const offset = clock.offsetSeconds;
  return offset === 0
    ? named(`select set_config('app.tenant_id', $1, true)`, [tenantId], false)
    : named(
        `select set_config('app.tenant_id', $1, true), set_config('app.clock_offset', $2, true)`,
        [tenantId, String(offset)],
        false,
      );
}

/**
 * As `tenantStatement`, for work of many small statements by key, which is what writes are: their prepared plans are made
 * once for a connection. Left alone, PostgreSQL plans a statement anew each time where it believes that knowing a value
 * helps; for these the planning costs several times the statement. A statement that does hang on its values (an optional
 * filter, a pattern) is a read, and goes through the read door.
 */
export function writerStatement(tenantId: string): BatchStatement {
  const offset = clock.offsetSeconds;
  return offset === 0
    ? named(`select set_config('app.tenant_id', $1, true), ${PLANNED_ONCE}`, [tenantId], false)
    : named(
        `select set_config('app.tenant_id', $1, true), ${PLANNED_ONCE}, set_config('app.clock_offset', $2, true)`,
        [tenantId, String(offset)],
        false,
      );
}
const PLANNED_ONCE = `set_config('plan_cache_mode', 'force_generic_plan', true)`;
const PLANNED_EACH_TIME = named(`select set_config('plan_cache_mode', 'force_custom_plan', true)`, [], false);

/**
 * As `writerStatement`, for counters that many share: what a crash of the database loses of them costs little, and a wait
 * for the disk would cost everybody.
 */
export function counterStatement(tenantId: string): BatchStatement {
  const unhurried = `set_config('synchronous_commit', 'off', true)`;
  const offset = clock.offsetSeconds;
  return offset === 0
    ? named(`select set_config('app.tenant_id', $1, true), ${PLANNED_ONCE}, ${unhurried}`, [tenantId], false)
    : named(
        `select set_config('app.tenant_id', $1, true), ${PLANNED_ONCE}, ${unhurried}, set_config('app.clock_offset', $2, true)`,
        [tenantId, String(offset)],
        false,
      );
}

/**
 * The read door: the tenant and one named statement under one Sync, one trip to the server. Inside a unit of work it
 * reads on that transaction's connection and so sees its writes.
 */
@Injectable()
export class Database {
  readonly pool: Pool;

  constructor(@Inject(DataSource) readonly dataSource: DataSource) {
    this.pool = (dataSource.driver as unknown as { master: Pool }).master;
    // On acquire, not on connect: TypeORM has opened the pool's first connection before.
    this.pool.on('acquire', survive);
  }

  /** Rows of the context's tenant. @throws AppError 400 `tenant.required` when the context has none. */
  read<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    const context = currentContext();
    if (context.transaction) return context.transaction.query<Row>(text, params);
    return this.readAs<Row>(context.tenantId ?? missingTenant(), text, params);
  }

  /** Rows of a given tenant (`PLATFORM_TENANT` for platform rows); joins an open transaction of the same tenant. */
  readAs<Row extends object>(tenantId: string, text: string, params: unknown[] = []): Promise<Row[]> {
    const open = maybeContext()?.transaction;
    if (open && open.tenantId === tenantId) return open.query<Row>(text, params);
    if (!isUuid(tenantId)) return Promise.reject(new Error('A tenant id is a UUID.'));
    return this.pick([tenantStatement(tenantId), named(text, params)], rowsOfSecond<Row>);
  }

  /** Rows of platform tables: no tenant is set, so that tenant tables show nothing. */
  readPlatform<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    return this.readAs<Row>(PLATFORM_TENANT, text, params);
  }

  /**
   * As `read`, for a statement whose best way hangs on its values, such as how long a time is: it is planned for them each
   * time, which costs about half a millisecond. Within a unit of work it is left to the connection.
   */
  readPlanned<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    const context = currentContext();
    if (context.transaction) return context.transaction.query<Row>(text, params);
    return this.pick(
      [tenantStatement(context.tenantId ?? missingTenant()), PLANNED_EACH_TIME, named(text, params)],
      rowsOfThird<Row>,
    );
  }

  /**
   * As `read`, for an operator's check of everything that there is: what a request may take is no measure for it. It has an
   * hour; nothing that a client can call comes here.
   */
  readPatiently<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    const tenantId = currentContext().tenantId ?? missingTenant();
    return this.pick(
      [
        tenantStatement(tenantId),
        named(`select set_config('statement_timeout', '1h', true)`, [], false),
        named(text, params),
      ],
      rowsOfThird<Row>,
    );
  }

  /** Sends a batch on a pooled connection, as one implicit transaction. */
  send(statements: BatchStatement[]): Promise<BatchResult[]> {
    return this.pick(statements, all);
  }

  /**
   * What `choose` takes of the results. One promise from the pool to the rows, because each costs a hot read more than
   * it seems: AsyncLocalStorage follows every one of them.
   */
  private pick<T>(statements: BatchStatement[], choose: (results: BatchResult[]) => T): Promise<T> {
    if (isTraced()) return this.pickTraced(statements, choose);
    // The pool calls back in the context of whoever is served, so this request's own counters are taken along.
    const usage = maybeContext()?.sql;
    return new Promise((resolve, reject) => {
      this.acquire((unavailable, client) => {
        if (!client) return reject(unavailable!);
        observedSubmit(client, statements, usage, (error, results) => {
          client.release(error && isConnectionLoss(error) ? error : undefined);
          if (!error) return resolve(choose(results!));
          Error.captureStackTrace(error);
          reject(error);
        });
      });
    });
  }

  private async pickTraced<T>(statements: BatchStatement[], choose: (results: BatchResult[]) => T): Promise<T> {
    const client = await this.connect();
    let broken: Error | undefined;
    try {
      return choose(await observeBatch(client, statements));
    } catch (error) {
      if (isConnectionLoss(error)) broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** A connection of the application's pool; the caller releases it. @throws AppError 503 when the database is away. */
  connect(): Promise<PoolClient> {
    return new Promise((resolve, reject) => {
      this.acquire((error, client) => (client ? resolve(client) : reject(error!)));
    });
  }

  private acquire(callback: (error: AppError | undefined, client: PoolClient | undefined) => void): void {
    const { pool } = this;
    // pg-pool arms a timer for each connect that has a time limit; with a connection idle for this call there is nothing to wait for.
    pool.options.connectionTimeoutMillis = pool.idleCount > pool.waitingCount ? 0 : CONNECT_MS;
    pool.connect((error, client) => {
      if (client) callback(undefined, client);
      else callback(unavailable(error!), undefined);
    });
  }
}

const rowsOfSecond = <Row extends object>(results: BatchResult[]): Row[] => results[1].rows as Row[];
const rowsOfThird = <Row extends object>(results: BatchResult[]): Row[] => results[2].rows as Row[];
const all = (results: BatchResult[]): BatchResult[] => results;

const unavailable = (error: Error): AppError =>
  new AppError('database.unavailable', 'unavailable', 'The database cannot be reached.', {
    retryAfterSeconds: 2,
    hint: 'Try again shortly; operators find the cause under /health/ready.',
    cause: error.message === 'timeout exceeded when trying to connect' ? 'pool' : 'connection',
  });

const surviving = new WeakSet<PoolClient>();

/** A connection that the server ends between two statements says so by an event; without a listener it would end the process. */
function survive(client: PoolClient): void {
  if (surviving.has(client)) return;
  surviving.add(client);
  client.on('error', (error) => logger.warn({ err: error }, 'a database connection was lost'));
}

/** True for errors after which a connection cannot be used again. */
export function isConnectionLoss(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === undefined || code.startsWith('08') || code.startsWith('57P') || /^E[A-Z]+$/.test(code);
}

function missingTenant(): never {
  throw new AppError('tenant.required', 'invalid', 'This request must name its tenant.', {
    hint: 'Send the header X-Tenant with the slug of the shop, or sign in to an organization.',
  });
}

export { sendBatch };
