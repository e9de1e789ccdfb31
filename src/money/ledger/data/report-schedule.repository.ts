import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { Rhythm } from '../domain/report-schedule';
import type { ReportName } from '../domain/reports';

/** What is mailed, and when. */
export interface ScheduleTerms extends Rhythm {
  report: ReportName;
  groupBy: string[];
  currency: string | null;
  format: 'csv' | 'pdf';
  enabled: boolean;
}

export interface ScheduleRow extends ScheduleTerms {
  id: string;
  dueAt: Date;
  version: number;
}

export interface RunRow {
  id: string;
  scheduleId: string;
  from: Date;
  to: Date;
  state: 'due' | 'sent' | 'failed' | 'skipped';
}

export const SCHEDULE = `s.id, s.report, s.group_by as "groupBy", s.currency, s.format, s.every, s.day::int as day, s.hour::int as hour,
  s.time_zone as "timeZone", s.enabled, s.due_at as "dueAt", s.version`;
const RUN = `r.id, r.schedule_id as "scheduleId", r.period_from as "from", r.period_to as "to", r.state`;

/** Schedules of reports, who gets them, and what was made for each period. */
@Injectable()
export class ReportScheduleRepository {
  async lock(tx: Transaction, id: string): Promise<ScheduleRow | null> {
    const rows = await tx.query<ScheduleRow>(
      `select ${SCHEDULE} from ledger.report_schedules s where s.tenant_id = $1 and s.id = $2 for update`,
      [tx.tenantId, id],
    );
    return rows[0] ?? null;
  }

  async insert(tx: Transaction, id: string, terms: ScheduleTerms, dueAt: Date): Promise<void> {
    await tx.execute(
      `insert into ledger.report_schedules (tenant_id, id, report, group_by, currency, format, every, day, hour, time_zone, enabled, due_at, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, kernel.now(), kernel.now())`,
      [tx.tenantId, id, ...columnsOf(terms), dueAt],
    );
  }

  async update(tx: Transaction, id: string, terms: ScheduleTerms, dueAt: Date): Promise<void> {
    await tx.execute(
      `update ledger.report_schedules set report = $3, group_by = $4, currency = $5, format = $6, every = $7, day = $8, hour = $9,
         time_zone = $10, enabled = $11, due_at = $12, version = version + 1, updated_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, ...columnsOf(terms), dueAt],
    );
  }

  /** @returns whether there was one; its recipients and runs go with it */
  async remove(tx: Transaction, id: string): Promise<boolean> {
    const gone = await tx.execute(`delete from ledger.report_schedules where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      id,
    ]);
    return gone === 1;
  }

  /** Adds and takes away; who stays keeps the link to unsubscribe, and stays away after using it. */
  async setRecipients(tx: Transaction, scheduleId: string, emails: readonly string[]): Promise<void> {
    await tx.execute(
      `delete from ledger.report_recipients where tenant_id = $1 and schedule_id = $2 and not lower(email) = any($3::text[])`,
      [tx.tenantId, scheduleId, emails.map((email) => email.toLowerCase())],
    );
    await tx.execute(
      `insert into ledger.report_recipients (tenant_id, id, schedule_id, email)
       select $1, x.id, $2, x.email from unnest($3::uuid[], $4::text[]) as x(id, email)
       on conflict (tenant_id, schedule_id, lower(email)) do nothing`,
      [tx.tenantId, scheduleId, emails.map(() => newId()), emails],
    );
  }

  async recipients(tx: Transaction, scheduleId: string): Promise<{ id: string; email: string }[]> {
    return tx.query(
      `select id, email from ledger.report_recipients where tenant_id = $1 and schedule_id = $2 and unsubscribed_at is null order by id`,
      [tx.tenantId, scheduleId],
    );
  }

  /** @returns what they had subscribed to; null for nobody that there is */
  async unsubscribe(tx: Transaction, recipientId: string): Promise<{ scheduleId: string } | null> {
    const rows = await tx.query<{ scheduleId: string }>(
      `update ledger.report_recipients set unsubscribed_at = coalesce(unsubscribed_at, kernel.now())
       where tenant_id = $1 and id = $2 returning schedule_id as "scheduleId"`,
      [tx.tenantId, recipientId],
    );
    return rows[0] ?? null;
  }

  /** The run of a period, once. @returns its id; null where it is there already */
  async begin(tx: Transaction, scheduleId: string, { from, to }: { from: Date; to: Date }): Promise<string | null> {
    const rows = await tx.query<{ id: string }>(
      `insert into ledger.report_runs (tenant_id, id, schedule_id, period_from, period_to, state, created_at)
       values ($1, $2, $3, $4, $5, 'due', kernel.now()) on conflict (tenant_id, schedule_id, period_from) do nothing returning id`,
      [tx.tenantId, newId(), scheduleId, from, to],
    );
    return rows[0]?.id ?? null;
  }

  /** A run with its schedule, as they are now; null where there is none. */
  async findRun(tx: Transaction, id: string): Promise<{ run: RunRow; schedule: ScheduleRow } | null> {
    const [run] = await tx.query<RunRow>(
      `select ${RUN} from ledger.report_runs r where r.tenant_id = $1 and r.id = $2`,
      [tx.tenantId, id],
    );
    if (!run) return null;
    const [schedule] = await tx.query<ScheduleRow>(
      `select ${SCHEDULE} from ledger.report_schedules s where s.tenant_id = $1 and s.id = $2`,
      [tx.tenantId, run.scheduleId],
    );
    return schedule ? { run, schedule } : null;
  }

  /** Ends a run that is due. @returns false when another worker ended it */
  async end(
    tx: Transaction,
    id: string,
    outcome: {
      state: 'sent' | 'failed' | 'skipped';
      error?: string;
      file?: { name: string; content: Buffer };
      recipients?: number;
    },
  ): Promise<boolean> {
    const ended = await tx.execute(
      `update ledger.report_runs set state = $3, error = left($4, 500), file_name = $5, file = $6, recipients = $7, done_at = kernel.now()
       where tenant_id = $1 and id = $2 and state = 'due'`,
      [
        tx.tenantId,
        id,
        outcome.state,
        outcome.error ?? null,
        outcome.file?.name ?? null,
        outcome.file?.content ?? null,
        outcome.recipients ?? 0,
      ],
    );
    return ended === 1;
  }
}

const columnsOf = (terms: ScheduleTerms): unknown[] => [
  terms.report,
  terms.groupBy,
  terms.currency,
  terms.format,
  terms.every,
  terms.day,
  terms.hour,
  terms.timeZone,
  terms.enabled,
];
