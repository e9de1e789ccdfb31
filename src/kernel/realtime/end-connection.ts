import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OpenTransaction } from '../database/open-transaction';
import { UnitOfWork } from '../database/unit-of-work';
import { AppError } from '../errors/app-error';
import { ConnectionList } from './connection-list';
import { RealtimeServer } from './realtime-server';

const noSuchConnection = (): AppError =>
  new AppError(
    'realtime.connection-not-found',
    'not-found',
    'There is no such connection; it may have ended by itself.',
  );

/**
 * Ends a live connection, whichever process holds it. Its client is told (`session.ended`) and may connect again: who
 * must not is signed out.
 * @throws AppError not-found `realtime.connection-not-found`, also for another tenant's
 */
export class EndConnectionCommand extends Command<void> {
  /** @param tenantId whose connection it must be; null for operators, who may end any */
  constructor(
    readonly connectionId: string,
    readonly tenantId: string | null,
  ) {
    super();
  }
}

@CommandHandler(EndConnectionCommand)
export class EndConnectionHandler implements ICommandHandler<EndConnectionCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: ConnectionList,
    private readonly server: RealtimeServer,
  ) {}

  async execute({ connectionId, tenantId }: EndConnectionCommand): Promise<void> {
    const owner = await this.connections.tenantOf(connectionId);
    if (owner === null || (tenantId !== null && owner !== tenantId)) throw noSuchConnection();
    await this.uow.run(
      (tx) => {
        // No row of its own changes; the trail of the organization tells who did it.
        (tx as OpenTransaction).noteRead();
        tx.afterCommit(() => this.server.endAnywhere(connectionId));
        return Promise.resolve();
      },
      { tenantId: owner },
    );
  }
}
