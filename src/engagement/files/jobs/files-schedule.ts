import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Config } from '../../../kernel/config/config';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { newId } from '../../../kernel/ids/ids';
import { RetentionRules } from '../../../kernel/retention/retention';
import { logger } from '../../../kernel/telemetry/logger';
import { VirusScanner } from '../adapters/virus-scanner';
import { InspectOverdueCommand } from '../commands/inspect-overdue';
import { SweepFilesCommand } from '../commands/sweep-files';

/** How often a worker looks whether something is left to do (milliseconds). */
const LOOK_MS = 60_000;

/** Days after its time for which a file or an upload is still there. */
const GRACE_DAYS = 1;

/**
 * Looks after what nobody asked for: files that nothing uses, uploads that were given up, bytes that a crash left, and
 * files whose inspection was forgotten.
 */
@Injectable()
export class FilesSchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly commands: CommandBus,
    private readonly scanner: VirusScanner,
    rules: RetentionRules,
  ) {
    rules.keep({ name: 'files.unattached', days: GRACE_DAYS, routine: 'files.purge_unattached' });
    rules.keep({ name: 'files.uploads', days: GRACE_DAYS, routine: 'files.purge_uploads' });
  }

  onApplicationBootstrap(): void {
    if (!this.config.roles.has('worker')) return;
    this.timer = setInterval(() => {
      this.looking ??= this.look()
        .catch((error: unknown) => logger.warn({ err: error }, 'files could not be looked after'))
        .finally(() => (this.looking = undefined));
    }, LOOK_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Does what is due for each tenant that has something due. */
  async look(): Promise<void> {
    const inspects = this.scanner.isConfigured || this.config.unscannedFiles === 'allow';
    const tenants = await this.database.readPlatform<{ id: string }>('select tenant_id as id from files.waiting($1)', [
      inspects,
    ]);
    for (const { id } of tenants) {
      const context = { tenantId: id, principal: SYSTEM, requestId: newId() };
      await runInContext(context, async () => {
        if (inspects) await this.commands.execute(new InspectOverdueCommand());
        await this.commands.execute(new SweepFilesCommand());
      });
    }
  }
}
