import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { AuditScope } from '../../../kernel/audit/audit';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Config } from '../../../kernel/config/config';
import { PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { newId } from '../../../kernel/ids/ids';
import { logger } from '../../../kernel/telemetry/logger';
import { PurgeExpiredCommand } from '../commands/purge-expired';
import { KeepSigningKeysHandler } from '../commands/signing-keys';

const EVERY_MS = 3_600_000;

/** Deletes what has ended long ago and looks after the signing keys, hourly, in worker processes; any number of them may do it at once. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: Config,
    private readonly commands: CommandBus,
    // The handler itself: the bus may learn its handlers after the hook of the start has run.
    private readonly signingKeys: KeepSigningKeysHandler,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.has('worker')) return;
    void this.keepKeys();
    this.timer = setInterval(() => void this.purge().then(() => this.keepKeys()), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The key after the one that signs is published from the start, and signs when it is time. */
  private async keepKeys(): Promise<void> {
    const command = { name: 'KeepSigningKeys', target: {} };
    const audit = new AuditScope(command);
    const context = { tenantId: PLATFORM_TENANT, principal: SYSTEM, requestId: newId(), command, audit };
    try {
      const { kid } = await runInContext(context, () => this.signingKeys.execute());
      if (kid !== null) logger.info({ kid }, 'another key signs access tokens from now on');
    } catch (error) {
      logger.warn({ err: error }, 'the keys of access tokens could not be looked after');
    }
  }

  private async purge(): Promise<void> {
    try {
      const context = { tenantId: PLATFORM_TENANT, principal: SYSTEM, requestId: newId() };
      const { deleted } = await runInContext(context, () => this.commands.execute(new PurgeExpiredCommand()));
      if (deleted > 0) logger.debug({ deleted }, 'expired sessions, links and counters were deleted');
    } catch (error) {
      logger.warn({ err: error }, 'expired sessions could not be deleted');
    }
  }
}
