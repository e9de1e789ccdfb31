import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { DigestRepository } from '../data/digest.repository';
import { nextDigest } from '../domain/stock-digest';
import { SendStockDigest } from '../reactions/send-stock-digest';

export interface DigestPlan {
  /** UTC; null: never. */
  hour: number | null;
  nextAt: string | null;
}

/** Says at which hour (UTC) the staff is mailed once a day what is open about the stock; null: never. */
export class PlanStockDigestCommand extends Command<DigestPlan> {
  constructor(readonly hour: number | null) {
    super();
  }
}

@CommandHandler(PlanStockDigestCommand)
export class PlanStockDigestHandler implements ICommandHandler<PlanStockDigestCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly digests: DigestRepository,
  ) {}

  execute({ hour }: PlanStockDigestCommand): Promise<DigestPlan> {
    return this.uow.run(async (tx) => {
      const was = await this.digests.lock();
      if (was.hour === hour) return { hour, nextAt: was.nextAt?.toISOString() ?? null };
      const nextAt = hour === null ? null : nextDigest(this.clock.now(), hour);
      await this.digests.plan(hour, nextAt);
      if (nextAt) tx.timer(SendStockDigest, { due: nextAt.toISOString() }, nextAt);
      return { hour, nextAt: nextAt?.toISOString() ?? null };
    });
  }
}
