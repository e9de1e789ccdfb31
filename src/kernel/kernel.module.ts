import { Global, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditedReads } from './audit/audited-read';
import { AuditColumnTags } from './audit/column-tags';
import { Refusals } from './audit/refusals';
import { runCommand } from './audit/run-command';
import { AuthVersions } from './auth/versions';
import { SessionCookies } from './auth/session-cookies';
import { Clock, clock } from './clock/clock';
import { ClockSync } from './clock/clock-sync';
import { Config } from './config/config';
import { Envelope } from './crypto/envelope';
import { Keyring } from './crypto/keyring';
import { databaseOptions } from './database/data-source';
import { Database } from './database/database';
import { Listener } from './database/listener';
import { TableSizes } from './database/table-sizes';
import { UnitOfWork } from './database/unit-of-work';
import { MmdbPlaces } from './geo/mmdb-places';
import { Places } from './geo/places';
import { ResourceLimits } from './limits/resource-limits';
import { Deliveries } from './messaging/deliveries';
import { DeliveryReports } from './messaging/delivery-reports';
import { DeliverySignal } from './messaging/delivery-signal';
import { DeliveryWorker } from './messaging/delivery-worker';
import { ProcessBridge } from './messaging/process-bridge';
import { MessagingRegistry } from './messaging/registry';
import { Purge, RetentionRules, RetentionSchedule } from './retention/retention';
import { KernelRetention } from './retention/kernel-retention';

/** What every context stands on; global, so that contexts only import what is theirs. */
@Global()
@Module({})
export class KernelModule implements OnApplicationBootstrap {
  constructor(
    private readonly commands: CommandBus,
    private readonly refusals: Refusals,
  ) {}

  static register(config: Config): DynamicModule {
    return {
      module: KernelModule,
      imports: [DiscoveryModule, CqrsModule.forRoot(), TypeOrmModule.forRoot(databaseOptions(config))],
      providers: [
        { provide: Config, useValue: config },
        { provide: Clock, useValue: clock },
        { provide: Keyring, useFactory: () => Keyring.of(config) },
        {
          provide: SessionCookies,
          useFactory: (keyring: Keyring) => new SessionCookies(config, keyring),
          inject: [Keyring],
        },
        Database,
        {
          provide: Listener,
          useFactory: (database: Database) =>
            new Listener({ connectionString: config.databaseUrl!, options: '-c role=mainstay_app' }, database.pool),
          inject: [Database],
        },
        ClockSync,
        AuthVersions,
        MessagingRegistry,
        DeliverySignal,
        ProcessBridge,
        Deliveries,
        DeliveryReports,
        DeliveryWorker,
        UnitOfWork,
        TableSizes,
        Envelope,
        Refusals,
        AuditedReads,
        AuditColumnTags,
        RetentionRules,
        RetentionSchedule,
        Purge,
        KernelRetention,
        ResourceLimits,
        { provide: Places, useClass: MmdbPlaces },
      ],
      exports: [
        Config,
        Clock,
        Keyring,
        SessionCookies,
        Database,
        Listener,
        ClockSync,
        AuthVersions,
        MessagingRegistry,
        DeliverySignal,
        Deliveries,
        DeliveryWorker,
        UnitOfWork,
        TableSizes,
        Envelope,
        Refusals,
        AuditedReads,
        RetentionRules,
        ResourceLimits,
        Places,
        CqrsModule,
      ],
    };
  }

  /** Every command runs with its name and the ids it names in the context: the audit trail and traces read them there. */
  onApplicationBootstrap(): void {
    const execute = this.commands.execute.bind(this.commands) as (
      command: object,
      ...rest: unknown[]
    ) => Promise<unknown>;
    this.commands.execute = (async (command: object, ...rest: unknown[]) =>
      runCommand(command, () => execute(command, ...rest), this.refusals)) as never;
  }
}
