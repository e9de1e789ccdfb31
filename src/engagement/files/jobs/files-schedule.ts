import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { Database } from '../../../kernel/database/database';
import { TenantRound } from '../../../kernel/lifecycle/tenant-round';
import { RetentionRules } from '../../../kernel/retention/retention';
import { VirusScanner } from '../adapters/virus-scanner';
import { InspectOverdueCommand } from '../commands/inspect-overdue';
import { SweepFilesCommand } from '../commands/sweep-files';

const EVERY_MS = 60_000;

/** Days after its time for which a file or an upload is still there. */
const GRACE_DAYS = 1;

/**
 * Looks after what nobody asked for: files that nothing uses, uploads that were given up, bytes that a crash left, and
 * files whose inspection was forgotten.
 */
@Injectable()
export class FilesSchedule extends TenantRound {
  /** Files are looked at by a scanner, or taken as they are. */
  private readonly inspects: boolean;

  constructor(
    config: Config,
    private readonly database: Database,
    private readonly commands: CommandBus,
    scanner: VirusScanner,
    rules: RetentionRules,
  ) {
    super(config, EVERY_MS, 'files could not be looked after');
    this.inspects = scanner.isConfigured || config.unscannedFiles === 'allow';
    rules.keep({ name: 'files.unattached', days: GRACE_DAYS, routine: 'files.purge_unattached' });
    rules.keep({ name: 'files.uploads', days: GRACE_DAYS, routine: 'files.purge_uploads' });
  }

  protected async due(): Promise<string[]> {
    const tenants = await this.database.readPlatform<{ id: string }>('select tenant_id as id from files.waiting($1)', [
      this.inspects,
    ]);
    return tenants.map(({ id }) => id);
  }

  protected async serve(): Promise<void> {
    if (this.inspects) await this.commands.execute(new InspectOverdueCommand());
    await this.commands.execute(new SweepFilesCommand());
  }
}
