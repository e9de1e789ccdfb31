import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AttachFilesCommand, DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { DisputeRepository } from '../data/dispute.repository';
import { EVIDENCE_FILE_TYPES, type EvidenceFileKind } from '../domain/dispute';
import { disputeBeingAnswered, evidenceFileType } from '../domain/payments.errors';
import { FindDisputeQuery, type DisputeDetails } from '../queries/disputes';
import { isBeingAnswered, openDispute } from './answer-dispute';

/**
 * Puts files by as evidence, to be handed in later: one of each kind, null takes it out. They are kept as long as the
 * dispute is.
 * @throws AppError not-found `payments.dispute-not-found`, `files.file-not-found`; conflict `payments.dispute-not-open`,
 *   `payments.dispute-being-answered`, `files.not-clean`; invalid `payments.evidence-file-type`
 */
export class PutEvidenceFilesCommand extends Command<DisputeDetails> {
  constructor(
    readonly disputeId: string,
    readonly files: readonly { kind: EvidenceFileKind; fileId: string | null }[],
  ) {
    super();
  }
}

@CommandHandler(PutEvidenceFilesCommand)
export class PutEvidenceFilesHandler implements ICommandHandler<PutEvidenceFilesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly disputes: DisputeRepository,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  execute({ disputeId, files }: PutEvidenceFilesCommand): Promise<DisputeDetails> {
    return this.uow.run(async (tx) => {
      const dispute = await openDispute(tx, this.disputes, disputeId);
      if (isBeingAnswered(dispute, this.clock.nowMs())) throw disputeBeingAnswered();
      const owner = { kind: 'dispute', id: disputeId };
      const fileIds = files.flatMap(({ fileId }) => (fileId === null ? [] : [fileId]));
      const before = await this.disputes.files(tx, disputeId);
      const known = await this.commands.execute(new AttachFilesCommand({ fileIds, owner }));
      for (const { kind, fileId } of files) {
        const file = known.find(({ id }) => id === fileId);
        if (file && !EVIDENCE_FILE_TYPES.includes(file.mediaType)) throw evidenceFileType(file.mediaType);
        await this.disputes.putFile(tx, disputeId, kind, file ?? null);
      }
      if (dispute.answerKey) await this.disputes.save(tx, { ...dispute, answerKey: null });
      const after = new Set((await this.disputes.files(tx, disputeId)).map(({ fileId }) => fileId));
      const gone = before.map(({ fileId }) => fileId).filter((fileId) => !after.has(fileId));
      if (gone.length > 0) await this.commands.execute(new DetachFilesCommand({ owner, fileIds: gone }));
      return this.queries.execute(new FindDisputeQuery(disputeId));
    });
  }
}
