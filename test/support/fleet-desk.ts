import { Global, Module, type Type } from '@nestjs/common';
import { CommandBus, CommandHandler, QueryBus, type Command, type ICommandHandler, type Query } from '@nestjs/cqrs';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import { AttachFilesCommand, DetachFilesCommand, type FileFacts } from '../../src/engagement/files/contracts/files';
import { NotifyCommand, type Notified, type NotifyRequest } from '../../src/engagement/notifications/contracts/notify';
import { policyOf } from '../../src/kernel/auth/policy';
import { GUEST, SYSTEM } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { currentContext, PLATFORM_TENANT, runInContext } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import type { Transaction } from '../../src/kernel/database/transaction';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { ListQuery } from '../../src/kernel/http/pagination';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue } from '../../src/kernel/messaging/job-queue';
import { MessagingRegistry } from '../../src/kernel/messaging/registry';
import { CreateDriverCommand } from '../../src/mobility/fleet/commands/manage-drivers';
import { CreateFleetVehicleCommand } from '../../src/mobility/fleet/commands/manage-vehicles';
import { FleetModule } from '../../src/mobility/fleet/fleet.module';
import type { DriverFacts } from '../../src/mobility/fleet/queries/drivers';
import type { VehicleFacts } from '../../src/mobility/fleet/queries/vehicles';
import {
  ChangeTrackerCommand,
  CreateTrackerCommand,
  DeleteTrackerCommand,
} from '../../src/mobility/location/commands/manage-trackers';
import { RecordPositionsCommand } from '../../src/mobility/location/commands/record-positions';
import { LocationModule } from '../../src/mobility/location/location.module';
import { asTenant, testApp, type TestApp } from './app';
import { RecordedRealtimeModule } from './realtime';
import { HeldJobs } from './held-jobs';

/** The organization of the test: what tests and files before it left is delivered too, and counts for none of them. */
let own = '';
const isOwn = (): boolean => currentContext().tenantId === own;

/** What people were notified of, in the order of asking. */
const TOLD: NotifyRequest[] = [];

/** Stands in for the notifications context: keeps what is asked, once a dedupe key. */
@CommandHandler(NotifyCommand)
class Postbox implements ICommandHandler<NotifyCommand> {
  async execute({ request }: NotifyCommand): Promise<Notified[]> {
    if (isOwn()) TOLD.push(request);
    return [];
  }
}

const HELD = new HeldJobs();

/** Whose files were given back. */
const DETACHED: string[] = [];

/** Which files were given to whom. */
const ATTACHED: { fileIds: readonly string[]; owner: { kind: string; id: string } }[] = [];

/** Stand in for the files context where a test does not bring it. */
@CommandHandler(AttachFilesCommand)
class Attached implements ICommandHandler<AttachFilesCommand> {
  async execute({ request }: AttachFilesCommand): Promise<FileFacts[]> {
    if (isOwn()) ATTACHED.push(request);
    return [];
  }
}
@CommandHandler(DetachFilesCommand)
class Detached implements ICommandHandler<DetachFilesCommand> {
  async execute({ request }: DetachFilesCommand): Promise<void> {
    if (isOwn()) DETACHED.push(request.owner.id);
  }
}

@Global()
@Module({ providers: [Postbox, Attached, Detached, { provide: JobQueue, useValue: HELD }], exports: [JobQueue] })
class PostboxModule {}

export const DAY = 86_400;
export const page = (more: object = {}): ListQuery => Object.assign(new ListQuery(), { limit: 100 }, more);
/** A typed refusal with this code. */
export const refused = (code: string): unknown => expect.objectContaining({ code: `fleet.${code}` });

/** A fleet for tests: one application, a new organization for each test. */
export class FleetDesk {
  tenant = newId();
  owner = newId();

  private constructor(readonly app: TestApp) {}

  static async open(more: Type[] = [], options: Parameters<typeof testApp>[1] = {}): Promise<FleetDesk> {
    const modules = [FleetModule, LocationModule, OrganizationsModule, PostboxModule, RecordedRealtimeModule, ...more];
    return new FleetDesk(await testApp(modules, options));
  }

  /** A new organization. */
  async begin(): Promise<void> {
    clock.setOffset(0);
    TOLD.length = 0;
    DETACHED.length = 0;
    ATTACHED.length = 0;
    this.owner = newId();
    const command = new CreateOrganizationCommand({ name: `Fleet ${newId().slice(-8)}`, ownerUserId: this.owner });
    this.tenant = (await asTenant(PLATFORM_TENANT, () => this.app.get(CommandBus).execute(command))).id;
    own = this.tenant;
  }

  get told(): NotifyRequest[] {
    return TOLD;
  }

  get attached(): typeof ATTACHED {
    return ATTACHED;
  }

  get detached(): string[] {
    return DETACHED;
  }

  act<T>(command: Command<T>): Promise<T> {
    return asTenant(this.tenant, () => this.app.get(CommandBus).execute(command), SYSTEM);
  }

  ask<T>(query: Query<T>): Promise<T> {
    return asTenant(this.tenant, () => this.app.get(QueryBus).execute(query), SYSTEM);
  }

  /** As a user who may only what drivers may. */
  as<T>(userId: string, what: Command<T> | Query<T>): Promise<T> {
    const policy = policyOf('fleet:read-own', 'fleet:write-own');
    const principal = { ...GUEST, kind: 'user' as const, userId, tenantId: this.tenant, policy };
    const [commands, queries] = [this.app.get(CommandBus), this.app.get(QueryBus)];
    return runInContext({ tenantId: this.tenant, principal, requestId: newId() }, () =>
      what.constructor.name.endsWith('Query')
        ? queries.execute(what as Query<T>)
        : commands.execute(what as Command<T>),
    );
  }

  async member(): Promise<string> {
    const userId = newId();
    await this.act(new AddMemberCommand({ tenantId: this.tenant, userId, role: 'user' }));
    return userId;
  }

  vehicle(more: object = {}): Promise<VehicleFacts> {
    return this.act(new CreateFleetVehicleCommand({ name: 'Van 7', class: 'van', ...more }));
  }

  driver(more: object = {}): Promise<DriverFacts> {
    return this.act(new CreateDriverCommand({ name: 'Dora Driver', ...more }));
  }

  /** A tracker tells its positions. */
  async tell(trackerId: string, positions: readonly object[]): Promise<void> {
    for (let at = 0; at < positions.length; at += 500)
      await this.act(new RecordPositionsCommand(this.tenant, positions.slice(at, at + 500), trackerId));
  }

  async tracker(vehicleId: string | null = null): Promise<string> {
    return (await this.act(new CreateTrackerCommand('Box', vehicleId))).id;
  }

  /** Says in which vehicle a tracker is, as PATCH does. */
  async giveTracker(trackerId: string, vehicleId: string | null): Promise<void> {
    await this.act(new ChangeTrackerCommand(trackerId, { vehicleId }));
  }

  dropTracker(trackerId: string): Promise<void> {
    return this.act(new DeleteTrackerCommand(trackerId));
  }

  /** Writes rows of the organization, for what would take too long to make one by one. */
  async plant(text: string, params: unknown[] = []): Promise<void> {
    await asTenant(this.tenant, () => this.app.get(UnitOfWork).run((tx) => tx.execute(text, params)), SYSTEM);
  }

  /** Something happens in a transaction of the organization, or of another tenant. */
  async inside(work: (tx: Transaction) => Promise<void> | void, tenantId = this.tenant): Promise<void> {
    await asTenant(tenantId, () => this.app.get(UnitOfWork).run(async (tx) => work(tx)), SYSTEM);
  }

  rows<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    return this.app.get(Database).readAs<Row>(this.tenant, text, params);
  }

  /** Fires what is due, and runs the jobs that were asked for; what was left in other organizations is not done. */
  async settle(): Promise<void> {
    const registry = this.app.get(MessagingRegistry);
    for (;;) {
      await this.app.get(DeliveryWorker).drain();
      const handed = HELD.jobs.splice(0);
      const jobs = handed.filter(({ data }) => [this.tenant, PLATFORM_TENANT].includes(data.tenantId));
      if (handed.length === 0) return;
      for (const { id, name, data } of jobs) {
        const about = { id, attempt: 1, tenantId: data.tenantId };
        const { instance } = registry.job(name)!;
        await asTenant(data.tenantId, () => instance.run(data.payload, about), SYSTEM);
      }
    }
  }

  in(seconds: number): Date {
    return new Date(clock.nowMs() + seconds * 1000);
  }
}
