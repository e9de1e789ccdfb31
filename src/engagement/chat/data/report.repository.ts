import { Injectable } from '@nestjs/common';
import { Envelope } from '../../../kernel/crypto/envelope';
import type { SealPlace } from '../../../kernel/crypto/sealed';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { time, timeOrNull, type SealedEvent } from '../domain/message';
import type { Report, ReportReason, SealedReport } from '../domain/moderation';
import { Bodies, type SealedBody } from './bodies';

/** A note is of one person about one message, whichever report it is in. */
const placeOfNote = (tenantId: string, messageId: string, reporterId: string): SealPlace => ({
  tenantId,
  table: 'chat.reports',
  column: 'note',
  rowId: `${messageId}:${reporterId}`,
});

/** What was reported; texts and notes are sealed. */
@Injectable()
export class ReportRepository {
  constructor(
    private readonly bodies: Bodies,
    private readonly envelope: Envelope,
  ) {}

  sealNote(tenantId: string, messageId: string, reporterId: string, note: string): Promise<string> {
    return this.envelope.seal(placeOfNote(tenantId, messageId, reporterId), note);
  }

  async report(
    tx: Transaction,
    about: { roomId: string; messageId: string; userId: string; reason: ReportReason; note: string | null },
  ): Promise<SealedReport> {
    const [{ report }] = await tx.query<{ report: SealedReport }>(
      'select chat.report_message($1, $2, $3, $4, $5, $6) as report',
      [newId(), about.roomId, about.messageId, about.userId, about.reason, about.note],
    );
    return report;
  }

  /**
   * Puts a message before the moderators that was written in this transaction: a rule of words flagged it. Where it was
   * flagged before, with another text, it is judged anew.
   */
  flag(tx: Transaction, roomId: string, messageId: string, { bodyId, sealed }: SealedBody): void {
    tx.later(
      `insert into chat.reports as r (tenant_id, id, room_id, message_id, reason, body_id, body, created_at)
       select $1, $2, $3, m.id, 'words', $5, $6, kernel.now() from chat.messages m
       where m.tenant_id = $1 and m.id = $4 and m.body_id = $5
       on conflict (tenant_id, message_id, reporter_id) do update set body_id = excluded.body_id, body = excluded.body, state = 'open',
         created_at = excluded.created_at, decided_at = null, decided_by = null`,
      [tx.tenantId, newId(), roomId, messageId, bodyId, sealed],
    );
  }

  /** What somebody told moderators of messages; that it reported them is not forgotten. */
  forgetNotesOf(tx: Transaction, reporterId: string): void {
    tx.later('update chat.reports set note = null where tenant_id = $1 and reporter_id = $2 and note is not null', [
      tx.tenantId,
      reporterId,
    ]);
  }

  /** Decides all open reports of the message. The event is null where the message was not hidden by it. */
  async decide(
    tx: Transaction,
    about: { reportId: string; userId: string; overAll: boolean },
    upheld: boolean,
  ): Promise<{ report: SealedReport; event: SealedEvent | null }> {
    const [{ answer }] = await tx.query<{ answer: { report: SealedReport; event: SealedEvent | null } }>(
      'select chat.decide_report($1, $2, $3, $4) as answer',
      [about.reportId, about.userId, about.overAll, upheld],
    );
    return answer;
  }

  async open(tenantId: string, { bodyId, ...sealed }: SealedReport): Promise<Report> {
    const { messageId, reporterId, note } = sealed;
    return {
      ...sealed,
      body: await this.bodies.open(tenantId, { id: messageId, bodyId, body: sealed.body }),
      note:
        note === null || reporterId === null
          ? null
          : await this.envelope.open(placeOfNote(tenantId, messageId, reporterId), note),
      createdAt: time(sealed.createdAt),
      decidedAt: timeOrNull(sealed.decidedAt),
      hiddenAt: timeOrNull(sealed.hiddenAt),
      deletedAt: timeOrNull(sealed.deletedAt),
    };
  }
}
