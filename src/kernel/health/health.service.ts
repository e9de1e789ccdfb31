import { Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { clock } from '../clock/clock';
import { monotonicMs } from '../clock/monotonic';
import { maybeContext, runInContext } from '../context/request-context';
import { AppError } from '../errors/app-error';
import { VERSION } from '../version';
import type { HealthReport, PartHealth } from './health.dto';
import { HealthRegistry, type HealthContributor } from './health.registry';

/** Longest time of one check, and how long its result is used again (milliseconds): probes never pile up. */
const TIMEOUT_MS = 2_000;
const REUSE_MS = 1_000;

const safe = (text: unknown): string =>
  String(text ?? '')
    .replace(/\/\/[^@/\s]*@/g, '//')
    .slice(0, 200);

/** A failure in words that anyone may read: of a database error only its code. */
function tellable(error: unknown): never {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  throw new Error(typeof code === 'string' ? `fails (${code})` : (message ?? 'fails'));
}

/** Asks every contributor, through Terminus, and sums up. */
@Injectable()
export class HealthService {
  private last?: { at: number; report: Promise<HealthReport> };

  constructor(
    private readonly terminus: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly registry: HealthRegistry,
  ) {}

  /** The report, at most a second old. */
  report(): Promise<HealthReport> {
    const now = monotonicMs();
    if (this.last && now - this.last.at < REUSE_MS) return this.last.report;
    // Checks are nobody's request: they do not count on the caller's context or transaction.
    const report = maybeContext()
      ? runInContext({ transaction: undefined, sql: undefined }, () => this.look())
      : this.look();
    this.last = { at: now, report };
    return report;
  }

  /** The report. @throws AppError 503 `health.not-ready` when a critical part is down or the process is ending. */
  async ready(): Promise<HealthReport> {
    const report = await this.report();
    if (!this.registry.isDraining && report.status !== 'down') return report;
    const down = report.parts.filter((part) => part.status === 'down' && part.critical).map((part) => part.name);
    const reason = this.registry.isDraining ? 'This process is ending.' : `Not ready: ${down.join(', ')}.`;
    throw new AppError('health.not-ready', 'unavailable', reason, { retryAfterSeconds: 5, parts: report.parts });
  }

  private async look(): Promise<HealthReport> {
    const contributors = this.registry.all;
    const result = await this.terminus.check(contributors.map((contributor) => () => this.check(contributor)));
    const parts = contributors.map((contributor) => partOf(contributor, result.details));
    const worst = parts.some((part) => part.status === 'down')
      ? 'down'
      : parts.some((part) => part.status === 'degraded')
        ? 'degraded'
        : 'up';
    return {
      status: worst,
      version: VERSION,
      uptimeSeconds: Math.round(process.uptime()),
      checkedAt: clock.now().toISOString(),
      parts,
    };
  }

  /**
   * Terminus answers 503 by an exception as soon as something is down; here every part is wanted, so a failure is
   * reported as a degraded part that carries `down`.
   */
  private async check({ name, check }: HealthContributor): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(name);
    let degraded: string | undefined;
    const result = await session
      .attempt(async () => {
        const { status, message } = await check().catch(tellable);
        if (status === 'degraded') degraded = message ?? 'degraded';
        return { message: safe(message ?? 'works') };
      })
      .withTimeout(TIMEOUT_MS);
    if (degraded !== undefined) return session.degraded({ message: safe(degraded) });
    const found = result[name] as { status: string; message?: string };
    return found.status === 'up' ? result : session.degraded({ message: safe(found.message ?? 'failed'), down: true });
  }
}

function partOf({ name, critical }: HealthContributor, details: Record<string, Record<string, unknown>>): PartHealth {
  const found = details[name] ?? {};
  const failed = found.down === true;
  const status = found.status === 'up' ? 'up' : failed && critical ? 'down' : 'degraded';
  return { name, status, critical, message: safe(found.message) };
}
