import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { FileBytesQuery, FindFilesQuery } from '../../../engagement/files/contracts/files';
import { GatewayDesk } from '../adapters/gateway-desk';
import { DisputeRepository, UNANSWERED, type Answering, type DisputeRow } from '../data/dispute.repository';
import { GatewayAccounts } from '../data/gateway-accounts';
import { AppError } from '../../../kernel/errors/app-error';
import { logger } from '../../../kernel/telemetry/logger';
import type { ReportedDispute } from '../domain/payment-gateway';
import {
  asksForAnswer,
  MOST_EVIDENCE_BYTES,
  MOST_EVIDENCE_CHARACTERS,
  type DisputeEvidence,
  type EvidenceField,
  type EvidenceFile,
  type EvidenceFileKind,
} from '../domain/dispute';
import {
  disputeBeingAnswered,
  disputeNotFound,
  disputeNotOpen,
  evidenceFileNotClean,
  evidenceFilesTooLarge,
  evidenceMissing,
  evidenceTooLong,
  gatewayNotFound,
  gatewaySilent,
} from '../domain/payments.errors';
import { FindDisputeQuery, type DisputeDetails } from '../queries/disputes';
import { LookAtDisputeAgain } from '../reactions/remind-of-dispute';
import { DisputeDesk } from './dispute-desk';

/** Seconds after which an answer whose process died may be given again. */
const LEASE_SECONDS = 60;
/** Seconds after which the provider is asked what became of it; clocks of two processes differ a little. */
const LOOK_AFTER_SECONDS = LEASE_SECONDS + 5;

/**
 * Puts parts of evidence by, to be handed in later; null takes a part out.
 * @throws AppError not-found `payments.dispute-not-found`, conflict `payments.dispute-not-open`,
 *   `payments.dispute-being-answered`, invalid `payments.evidence-too-long`
 */
export class SaveEvidenceCommand extends Command<DisputeDetails> {
  constructor(
    readonly disputeId: string,
    readonly parts: Partial<Record<EvidenceField, string | null>>,
  ) {
    super();
  }
}

/**
 * Hands the evidence in. What it says cannot be changed any more at most providers.
 * @throws AppError not-found `payments.dispute-not-found`, conflict `payments.dispute-not-open`,
 *   `payments.dispute-being-answered`, `payments.evidence-missing`, `payments.evidence-file-not-clean`; too-large
 *   `payments.evidence-files-too-large`
 */
export class SubmitEvidenceCommand extends Command<DisputeDetails> {
  constructor(readonly disputeId: string) {
    super();
  }
}

/**
 * Gives in: the shopper keeps the money.
 * @throws AppError not-found `payments.dispute-not-found`, conflict `payments.dispute-not-open`,
 *   `payments.dispute-being-answered`
 */
export class AcceptDisputeCommand extends Command<DisputeDetails> {
  constructor(readonly disputeId: string) {
    super();
  }
}

@CommandHandler(SaveEvidenceCommand)
export class SaveEvidenceHandler implements ICommandHandler<SaveEvidenceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly disputes: DisputeRepository,
    private readonly queries: QueryBus,
  ) {}

  execute({ disputeId, parts }: SaveEvidenceCommand): Promise<DisputeDetails> {
    return this.uow.run(async (tx) => {
      const dispute = await openDispute(tx, this.disputes, disputeId);
      if (isBeingAnswered(dispute, this.clock.nowMs())) throw disputeBeingAnswered();
      const said = Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== undefined));
      const merged = Object.entries({ ...dispute.evidence, ...said }).filter(([, text]) => text !== null);
      dispute.evidence = Object.fromEntries(merged) as DisputeEvidence;
      const all = merged.reduce((sum, [, text]) => sum + text!.length, 0);
      if (all > MOST_EVIDENCE_CHARACTERS.all) throw evidenceTooLong(MOST_EVIDENCE_CHARACTERS.all);
      // Providers take other words under a key that they know for a mistake.
      dispute.answerKey = null;
      await this.disputes.save(tx, dispute);
      return this.queries.execute(new FindDisputeQuery(disputeId));
    });
  }
}

/**
 * Answers a dispute: written first, then told to the provider, then written what it says. Silence, or a process that dies,
 * leaves an answer under way, which may be given again after a minute, under the same key while it says the same. Then the
 * provider is asked what it knows, and where it knows of no answer the next one has a key of its own: under the old one it
 * may say the same error for a day.
 */
@Injectable()
export class DisputeAnswers {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly disputes: DisputeRepository,
    private readonly accounts: GatewayAccounts,
    private readonly gateways: GatewayDesk,
    private readonly desk: DisputeDesk,
    private readonly queries: QueryBus,
  ) {}

  async give(disputeId: string, answer: Answering): Promise<DisputeDetails> {
    const { dispute, named } = await this.uow.run(async (tx) => {
      tx.lease(disputeId);
      const found = await openDispute(tx, this.disputes, disputeId);
      if (!tx.resumed && isBeingAnswered(found, this.clock.nowMs())) throw disputeBeingAnswered();
      const files = answer === 'submit' ? await this.disputes.files(tx, disputeId) : [];
      if (answer === 'submit' && files.length + Object.keys(found.evidence).length === 0) throw evidenceMissing();
      await this.assertReady(files.map(({ fileId }) => fileId));
      if (found.answering !== answer || !found.answerKey) {
        found.answerKey = newId();
        if (answer === 'submit') found.submissions += 1;
      }
      found.answering = answer;
      found.answeringSince = this.clock.now();
      await this.disputes.save(tx, found);
      tx.timer(LookAtDisputeAgain, { disputeId }, new Date(this.clock.nowMs() + LOOK_AFTER_SECONDS * 1000));
      return { dispute: found, named: files };
    });
    reach('dispute.after-t1');
    const account = await this.accounts.find(currentContext().tenantId!, dispute.gatewayId);
    if (!account) throw gatewayNotFound();
    const { providerDisputeId, evidence } = dispute;
    const key = `${answer}:${dispute.answerKey}`;
    let reported: ReportedDispute;
    try {
      const files = await this.bytesOf(named);
      reported = await this.gateways.call(account, (gateway, signal) =>
        answer === 'submit'
          ? gateway.submitEvidence!(account, { providerDisputeId, evidence, files, idempotencyKey: key }, signal)
          : gateway.acceptDispute!(account, { providerDisputeId, idempotencyKey: key }, signal),
      );
    } catch (error) {
      if (!(error instanceof AppError)) {
        logger.warn({ err: error, disputeId, provider: account.provider }, 'the answer to a dispute was not taken');
        throw gatewaySilent();
      }
      await this.uow.run(async (tx) => {
        const refused = (await this.disputes.lock(tx, { id: disputeId }))!;
        await this.disputes.save(tx, { ...refused, ...UNANSWERED });
      });
      throw error;
    }
    return this.uow.run(async (tx) => {
      const after = await this.desk.record(tx, account, dispute.attemptId, reported);
      if (after.answering) {
        // It took the answer, and leaves the dispute where it was.
        Object.assign(after, UNANSWERED);
        await this.disputes.save(tx, after);
      }
      const details = await this.queries.execute(new FindDisputeQuery(disputeId));
      tx.answer(details);
      return details;
    });
  }

  /** @throws AppError conflict `payments.evidence-file-not-clean`, too-large `payments.evidence-files-too-large` */
  private async assertReady(ids: string[]): Promise<void> {
    const files = await this.queries.execute(new FindFilesQuery({ ids }));
    const shut = files.find(({ state }) => state !== 'clean');
    if (shut) throw evidenceFileNotClean(shut);
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (bytes > MOST_EVIDENCE_BYTES) throw evidenceFilesTooLarge(MOST_EVIDENCE_BYTES);
  }

  private async bytesOf(named: readonly { kind: EvidenceFileKind; fileId: string }[]): Promise<EvidenceFile[]> {
    const files: EvidenceFile[] = [];
    let left = MOST_EVIDENCE_BYTES;
    for (const { kind, fileId } of named) {
      const file = await this.queries.execute(new FileBytesQuery({ fileId, mostBytes: left }));
      if (!file) throw evidenceFilesTooLarge(MOST_EVIDENCE_BYTES);
      left -= file.bytes.length;
      files.push({ kind, ...file });
    }
    return files;
  }
}

@CommandHandler(SubmitEvidenceCommand)
export class SubmitEvidenceHandler implements ICommandHandler<SubmitEvidenceCommand> {
  constructor(private readonly answers: DisputeAnswers) {}

  execute({ disputeId }: SubmitEvidenceCommand): Promise<DisputeDetails> {
    return this.answers.give(disputeId, 'submit');
  }
}

@CommandHandler(AcceptDisputeCommand)
export class AcceptDisputeHandler implements ICommandHandler<AcceptDisputeCommand> {
  constructor(private readonly answers: DisputeAnswers) {}

  execute({ disputeId }: AcceptDisputeCommand): Promise<DisputeDetails> {
    return this.answers.give(disputeId, 'accept');
  }
}

/** A dispute that asks for an answer, locked. @throws AppError not-found, conflict `payments.dispute-not-open` */
export async function openDispute(tx: Transaction, disputes: DisputeRepository, id: string): Promise<DisputeRow> {
  const dispute = await disputes.lock(tx, { id });
  if (!dispute) throw disputeNotFound();
  if (!asksForAnswer(dispute.state)) throw disputeNotOpen(dispute.state);
  return dispute;
}

export const isBeingAnswered = ({ answering, answeringSince }: DisputeRow, nowMs: number): boolean =>
  answering !== null && nowMs - answeringSince!.getTime() < LEASE_SECONDS * 1000;
