import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { Realtime } from '../../../kernel/realtime/realtime';
import { AlertRepository } from '../data/alert.repository';
import { alertNotFound } from '../domain/inventory.errors';
import { AlertView, type AlertRow } from '../queries/alert-view';

/**
 * Somebody looks after an alert. Who was first stays; it closes by itself when the stock is back.
 * @throws AppError not-found `inventory.alert-not-found`
 */
export class AcknowledgeAlertCommand extends Command<AlertRow> {
  constructor(readonly request: { id: string; note: string | null }) {
    super();
  }
}

@CommandHandler(AcknowledgeAlertCommand)
export class AcknowledgeAlertHandler implements ICommandHandler<AcknowledgeAlertCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly alerts: AlertRepository,
    private readonly views: AlertView,
    private readonly realtime: Realtime,
  ) {}

  execute({ request: { id, note } }: AcknowledgeAlertCommand): Promise<AlertRow> {
    return this.uow.run(async (tx) => {
      if (!(await this.alerts.acknowledge(id, currentContext().principal.userId, note))) throw alertNotFound();
      const alert = await this.views.find(id);
      const { acknowledgedAt, acknowledgedBy } = alert;
      tx.afterCommit(() =>
        this.realtime.toStaff(tx.tenantId, 'stock.alert-acknowledged', { alertId: id, acknowledgedAt, acknowledgedBy }),
      );
      return alert;
    });
  }
}
