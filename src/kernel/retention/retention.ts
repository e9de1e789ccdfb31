import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Counter } from 'prom-client';
import { SYSTEM } from '../auth/principal';
import { Config } from '../config/config';
import { PLATFORM_TENANT, runInContext } from '../context/request-context';
import { Database } from '../database/database';
import { UnitOfWork } from '../database/unit-of-work';
import { newId } from '../ids/ids';
import { Job, type Runs } from '../messaging/reaction';
import { logger } from '../telemetry/logger';
import { registry } from '../telemetry/metrics';

/** Rows that are taken at once: one statement, one short transaction. */
const AT_ONCE = 1_000;
/** Statements of one run; what is left goes with the next. */
const MOST_BITES = 200;
/** How often a worker looks whether a rule is due (milliseconds), and how often each rule runs (seconds). */
const LOOK_MS = 60_000;
const EVERY_SECONDS = 3_600;

const purged = new Counter({
  name: 'mainstay_purged_rows_total',
  help: 'Rows deleted or emptied because their time was over, by rule.',
  labelNames: ['rule'],
  registers: [registry],
});

/** How long something is kept. */
export interface RetentionRule {
  /** Literal and unique, `<context>.<what>`. */
  name: string;
  /** Days after which it goes. */
  days: number;
  /** Function of the database that `retention` of the migration kit makes: (days, rows at once) → rows taken. */
  routine: string;
  /** What is done before, outside of the routine, such as giving files back; it is given the days. Idempotent. */
  before?: (days: number) => Promise<void>;
}

/** What contexts keep, and for how long. Every table that would only grow has a rule, or a reason to be kept. */
@Injectable()
export class RetentionRules {
  private readonly rules = new Map<string, RetentionRule>();

  constructor(private readonly database: Database) {}

  /** @throws Error when the name is taken or the routine is no name of a function */
  keep(rule: RetentionRule): void {
    if (this.rules.has(rule.name)) throw new Error(`Two rules of retention are called ${rule.name}.`);
    if (!/^[a-z]+\.purge_[a-z_]+$/.test(rule.routine)) throw new Error(`"${rule.routine}" is no routine that purges.`);
    this.rules.set(rule.name, rule);
  }

  all(): RetentionRule[] {
    return [...this.rules.values()];
  }

  /** Applies a rule over all tenants, in small bites. @returns how many rows went; 0 for a name of another release */
  async apply(name: string): Promise<number> {
    const rule = this.rules.get(name);
    if (!rule) return 0;
    await rule.before?.(rule.days);
    let total = 0;
    for (let bite = 0; bite < MOST_BITES; bite++) {
      const [{ taken }] = await this.database.readPlatform<{ taken: number }>(
        `select ${rule.routine}($1, $2) as taken`,
        [rule.days, AT_ONCE],
      );
      total += taken;
      if (taken < AT_ONCE) break;
    }
    purged.labels(name).inc(total);
    if (total > 0) logger.info({ rule: name, rows: total }, 'what was kept long enough is gone');
    return total;
  }
}

/** One run of one rule. */
@Job({ name: 'kernel.purge', queue: 'maintenance', attempts: 3 })
export class Purge implements Runs<{ rule: string }> {
  constructor(private readonly rules: RetentionRules) {}

  async run({ rule }: { rule: string }): Promise<void> {
    await this.rules.apply(rule);
  }
}

/** Asks for a run of each rule once an hour, whichever worker looks first. */
@Injectable()
export class RetentionSchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: Config,
    private readonly rules: RetentionRules,
    private readonly uow: UnitOfWork,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.has('worker')) return;
    const look = (): void =>
      void this.ask().catch((error: unknown) => logger.warn({ err: error }, 'retention could not be looked after'));
    this.timer = setInterval(look, LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** @returns names of the rules that were due */
  async ask(): Promise<string[]> {
    const names = this.rules.all().map(({ name }) => name);
    if (names.length === 0) return [];
    const context = { tenantId: PLATFORM_TENANT, principal: SYSTEM, requestId: newId() };
    return runInContext(context, () =>
      this.uow.run(
        async (tx) => {
          const due = await tx.query<{ rule: string }>(
            `insert into kernel.retention_runs (rule, due_at)
             select rule, kernel.now() + make_interval(secs => ${EVERY_SECONDS}) from unnest($1::text[]) as rule order by rule
             on conflict (rule) do update set due_at = excluded.due_at where retention_runs.due_at <= kernel.now()
             returning rule`,
            [names],
          );
          for (const { rule } of due) tx.job(Purge, { rule });
          return due.map(({ rule }) => rule);
        },
        { tenantId: PLATFORM_TENANT },
      ),
    );
  }
}
