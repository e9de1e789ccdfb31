import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { ReportScheduleRepository } from '../data/report-schedule.repository';
import { followingDue, periodAt } from '../domain/report-schedule';
import { MakeReport } from '../jobs/make-report';

/**
 * A report is due: its run, the job that makes it and the timer of the next one are one commit, so that each period is
 * reported once, whatever is restarted in between. A timer of a schedule that was changed or ended since does nothing.
 */
@Timer({ name: 'ledger.report-due' })
export class ReportDue implements Fires<{ scheduleId: string; dueAt: string }> {
  constructor(private readonly schedules: ReportScheduleRepository) {}

  async fire({ scheduleId, dueAt }: { scheduleId: string; dueAt: string }, tx: Transaction): Promise<void> {
    const schedule = await this.schedules.lock(tx, scheduleId);
    if (!schedule?.enabled || schedule.dueAt.toISOString() !== dueAt) return;
    const runId = await this.schedules.begin(tx, scheduleId, periodAt(schedule, schedule.dueAt));
    if (runId) tx.job(MakeReport, { runId });
    const next = followingDue(schedule, schedule.dueAt, clock.now());
    await this.schedules.update(tx, scheduleId, schedule, next);
    tx.timer(ReportDue, { scheduleId, dueAt: next.toISOString() }, next);
  }
}
