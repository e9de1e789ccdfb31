import { Inject, Injectable, Optional, type BeforeApplicationShutdown } from '@nestjs/common';
import { Counter } from 'prom-client';
import { monotonicMs } from '../clock/monotonic';
import { currentContext, PLATFORM_TENANT, runInContext, type RequestContext } from '../context/request-context';
import { Database, tenantStatement } from '../database/database';
import { flushStatement } from '../database/flush';
import { AppError } from '../errors/app-error';
import { logger } from '../telemetry/logger';
import { registry } from '../telemetry/metrics';
import { AuditScope, AuditSink, callerOf, recordOf, type AuditRecord } from './audit';

/** Within this time equal refusals beyond the first ones become one row (milliseconds). */
export const WINDOW_MS = 60_000;
/** Rows that one caller's equal refusals, about one account, get within a window. */
export const FREE_PER_CALLER = 20;
/** Rows that all refusals of a process get within a window; beyond, callers are not told apart. */
const FREE_PER_PROCESS = 3_000;
const MOST_KINDS = 5_000;

const lost = new Counter({
  name: 'audit_refusals_lost_total',
  help: 'Refusals that could not be written to the audit trail.',
  registers: [registry],
});

interface Window {
  until: number;
  count: number;
  /** What was not written by itself: the first of them, and how many. */
  folded: { tenantId: string; record: AuditRecord } | null;
  more: number;
}

/**
 * Writes what was refused, in a transaction of its own after the one that failed. Rows that come together share a trip;
 * a flood is bounded: equal refusals of one caller beyond the first ones are one row with their number.
 */
@Injectable()
export class Refusals implements BeforeApplicationShutdown {
  private readonly windows = new Map<string, Window>();
  private waiting: { tenantId: string; record: AuditRecord }[] = [];
  private writing: Promise<void> | null = null;
  private written = { until: 0, count: 0 };
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    @Optional() @Inject(AuditSink) private readonly sink?: AuditSink,
  ) {}

  /** Audits the end of a command that failed. Resolves when it is stored; never throws. */
  async refused(scope: AuditScope, error: unknown): Promise<void> {
    const context = currentContext();
    const result = this.sink && resultOf(error, context);
    if (!result || result === scope.refused) return;
    await this.write(context, recordOf(scope, callerOf(context), context, { result, steps: [], changes: [] }));
  }

  /** Audits the refusal of a signed-in caller by the guard, before any command ran. */
  async refusedAccess(route: string, params: Record<string, string>, error: unknown): Promise<void> {
    if (!this.sink || !(error instanceof AppError) || (error.kind !== 'unauthenticated' && error.kind !== 'forbidden'))
      return;
    await this.refused(new AuditScope({ name: 'AccessRoute', target: { ...params, route } }), error);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    this.closeWindows(Infinity);
    await this.flush();
  }

  private async write(context: RequestContext, record: AuditRecord): Promise<void> {
    const tenantId = context.tenantId ?? PLATFORM_TENANT;
    if (this.isFolded(tenantId, record)) return;
    this.waiting.push({ tenantId, record });
    await this.flush();
  }

  /** Counts the refusal. @returns true when it becomes part of the row that ends its window */
  private isFolded(tenantId: string, record: AuditRecord): boolean {
    const now = monotonicMs();
    if (this.written.until <= now) this.written = { until: now + WINDOW_MS, count: 0 };
    const who = record.actorId ?? record.pii.ip ?? '';
    // Whose account is tried is told apart, or who tries many would hide which; names that nobody has are not.
    let key = [tenantId, record.action, record.result, who, record.target.userId ?? ''].join(' ');
    if (!this.windows.has(key) && (this.windows.size >= MOST_KINDS || this.written.count >= FREE_PER_PROCESS))
      key = [record.action, record.result].join(' ');
    let window = this.windows.get(key);
    if (!window || window.until <= now) {
      if (window) this.closeWindow(key, window);
      window = { until: now + WINDOW_MS, count: 0, folded: null, more: 0 };
      this.windows.set(key, window);
      this.timer ??= setTimeout(() => this.tick(), WINDOW_MS).unref();
    }
    window.count += 1;
    if (window.count <= FREE_PER_CALLER && this.written.count < FREE_PER_PROCESS) {
      this.written.count += 1;
      return false;
    }
    window.folded ??= { tenantId, record };
    window.more += 1;
    return true;
  }

  private tick(): void {
    this.timer = undefined;
    this.closeWindows(monotonicMs());
    if (this.windows.size > 0) this.timer = setTimeout(() => this.tick(), WINDOW_MS / 4).unref();
    void this.flush();
  }

  private closeWindows(now: number): void {
    for (const [key, window] of this.windows) if (window.until <= now) this.closeWindow(key, window);
  }

  private closeWindow(key: string, { folded, more }: Window): void {
    this.windows.delete(key);
    if (folded) this.waiting.push({ ...folded, record: { ...folded.record, repeats: more } });
  }

  /** Writes what waits; a call while one is written waits for the next. */
  private async flush(): Promise<void> {
    while (this.writing) await this.writing;
    if (this.waiting.length === 0) return;
    const rows = this.waiting;
    this.waiting = [];
    this.writing = this.insert(rows).finally(() => (this.writing = null));
    await this.writing;
  }

  private async insert(rows: { tenantId: string; record: AuditRecord }[]): Promise<void> {
    const tenants = new Map<string, AuditRecord[]>();
    for (const { tenantId, record } of rows) tenants.set(tenantId, [...(tenants.get(tenantId) ?? []), record]);
    for (const [tenantId, records] of tenants) {
      try {
        await runInContext({ tenantId, transaction: undefined, audit: undefined, command: undefined }, async () => {
          const { parts, committed } = await this.sink!.store(tenantId, records);
          await this.database.send([tenantStatement(tenantId), flushStatement(tenantId, parts)]);
          committed();
        });
      } catch (error) {
        lost.inc(records.length);
        logger.error({ err: error, actions: records.map(({ action }) => action) }, 'refusals were not audited');
      }
    }
  }
}

/** The result that a failure is told by; null for what is no refusal: to be repeated, overloaded, or anybody's garbage. */
function resultOf(error: unknown, { principal }: RequestContext): string | null {
  if (!(error instanceof AppError)) {
    const { name } = (error ?? {}) as { name?: string };
    // Work of Mainstay itself is tried again, and its failures are kept with its deliveries.
    return principal.kind === 'system' || name === 'IdempotencyReplay' ? null : 'internal';
  }
  if (error.kind === 'unavailable' || error.data.retryable === true) return null;
  if (error.kind === 'invalid' && principal.kind === 'guest') return null;
  return error.code;
}
