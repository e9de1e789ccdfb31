import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AlertRepository } from '../data/alert.repository';
import { LookAtStock } from '../reactions/look-at-stock';

/** Plans when a shop's stock is looked at for what expires: one look is planned at a time, the earliest that is needed. */
@Injectable()
export class LookPlan {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly alerts: AlertRepository,
  ) {}

  /** Makes sure that it is looked at this moment. Its levels are locked before, if at all. */
  async by(at: Date): Promise<void> {
    const { nextLookAt } = await this.alerts.looks();
    if (nextLookAt && nextLookAt <= at) return;
    if (await this.alerts.lookBy(at)) this.uow.current().timer(LookAtStock, { due: at.toISOString() }, at);
  }

  /** Makes sure that new lots are looked at when their time comes. */
  async forLots(lotIds: readonly string[]): Promise<void> {
    const at = lotIds.length > 0 ? await this.alerts.firstLook(lotIds) : null;
    if (at) await this.by(at);
  }

  /** Shops whose stock was there before there was a watch get their first look at the next change. */
  async begin(): Promise<void> {
    if ((await this.alerts.looks()).nextLookAt === null) await this.by(this.clock.now());
  }
}
