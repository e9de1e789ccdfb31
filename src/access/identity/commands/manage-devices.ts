import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RevokeSessionsCommand } from '../contracts/revoke-sessions';
import { DeviceRepository } from '../data/device.repository';
import { SessionRepository } from '../data/session.repository';
import { sessionWithoutUser } from '../domain/identity.errors';
import { deviceNotFound } from '../domain/session.errors';

/** Says whether the caller trusts one of its devices. Sessions on it follow with their next request. */
export class TrustDeviceCommand extends Command<void> {
  constructor(
    readonly deviceId: string,
    readonly trusted: boolean,
  ) {
    super();
  }
}

@CommandHandler(TrustDeviceCommand)
export class TrustDeviceHandler implements ICommandHandler<TrustDeviceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly devices: DeviceRepository,
    private readonly sessions: SessionRepository,
  ) {}

  async execute({ deviceId, trusted }: TrustDeviceCommand): Promise<void> {
    const { userId, tenantId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    await this.uow.run(
      async (tx) => {
        if (!(await this.devices.trust(tx, userId, deviceId, trusted))) throw deviceNotFound();
        // What was compiled of the sessions' holders carries the old answer.
        await this.sessions.recompile(tx, userId, deviceId);
      },
      { tenantId: tenantId ?? PLATFORM_TENANT },
    );
  }
}

/** Forgets one of the caller's devices and ends the sessions on it; its next sign-in is that of a stranger. */
export class ForgetDeviceCommand extends Command<void> {
  constructor(readonly deviceId: string) {
    super();
  }
}

@CommandHandler(ForgetDeviceCommand)
export class ForgetDeviceHandler implements ICommandHandler<ForgetDeviceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly devices: DeviceRepository,
    private readonly commands: CommandBus,
  ) {}

  async execute({ deviceId }: ForgetDeviceCommand): Promise<void> {
    const { userId, tenantId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    await this.uow.run(
      async (tx) => {
        if (!(await this.devices.forget(tx, userId, deviceId))) throw deviceNotFound();
        await this.commands.execute(new RevokeSessionsCommand({ userId, deviceId, reason: 'device-forgotten' }));
      },
      { tenantId: tenantId ?? PLATFORM_TENANT },
    );
  }
}
