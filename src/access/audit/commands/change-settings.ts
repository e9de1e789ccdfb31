import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { DEFAULT_RETENTION_MONTHS } from '../domain/retention.policy';
import type { AuditSettings } from '../queries/settings';

/** Changes how long the organization keeps its trail (months). */
export class ChangeAuditSettingsCommand extends Command<AuditSettings> {
  constructor(readonly retentionMonths: number) {
    super();
  }
}

@CommandHandler(ChangeAuditSettingsCommand)
export class ChangeAuditSettingsHandler implements ICommandHandler<ChangeAuditSettingsCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ retentionMonths }: ChangeAuditSettingsCommand): Promise<AuditSettings> {
    return this.uow.run(async (tx) => {
      const [before] = await tx.query<{ months: number }>(
        'select retention_months as months from audit.settings where tenant_id = kernel.tenant_id() for update',
      );
      await tx.execute(
        `insert into audit.settings (tenant_id, id, retention_months, version, updated_at) values (kernel.tenant_id(), kernel.tenant_id(), $1, 1, kernel.now())
         on conflict (tenant_id, id) do update set retention_months = excluded.retention_months, version = settings.version + 1, updated_at = excluded.updated_at`,
        [retentionMonths],
      );
      const from = before?.months ?? DEFAULT_RETENTION_MONTHS;
      noteAudit({ target: { retentionMonths: `${from} to ${retentionMonths}` } });
      return { retentionMonths };
    });
  }
}
