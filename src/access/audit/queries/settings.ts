import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { DEFAULT_RETENTION_MONTHS } from '../domain/retention.policy';

export interface AuditSettings {
  /** Months that entries are kept. */
  retentionMonths: number;
}

/** The settings of the context's tenant, or the defaults. */
export class AuditSettingsQuery extends Query<AuditSettings> {}

@QueryHandler(AuditSettingsQuery)
export class AuditSettingsHandler implements IQueryHandler<AuditSettingsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<AuditSettings> {
    const [found] = await this.database.read<AuditSettings>(
      'select retention_months as "retentionMonths" from audit.settings where tenant_id = kernel.tenant_id()',
    );
    return found ?? { retentionMonths: DEFAULT_RETENTION_MONTHS };
  }
}
