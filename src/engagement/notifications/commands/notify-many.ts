import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { MemberIdsQuery } from '../../../access/organizations/contracts/member-directory';
import { FindCustomerGroupsQuery, UserIdsOfGroupQuery } from '../../../commerce/customers/contracts/customer-groups';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { NotifyCommand, type NotifyRequest } from '../contracts/notify';
import { BatchRepository, type Batch, type Segment } from '../data/batch.repository';
import { categoryNamed } from '../domain/categories';
import { batchNotFound, recipientsUnknown, requestInvalid } from '../domain/notifications.errors';
import { ContinueBatchCommand } from './continue-batch';
import { ContinueBatch } from '../reactions/continue-batch';
import { FindBatchQuery, type BatchDetails } from '../queries/batches';

/** People of a segment that are notified in one transaction. */
const AT_ONCE = 200;

export interface ManyRequest extends Omit<NotifyRequest, 'userIds' | 'critical' | 'batchId' | 'expiresAt'> {
  userIds?: string[];
  segment?: Segment;
}

/**
 * Notifies people of the organization: these, or a segment of it, which goes on in the background.
 * @throws AppError invalid
 */
export class NotifyManyCommand extends Command<BatchDetails> {
  constructor(readonly request: ManyRequest) {
    super();
  }
}

@CommandHandler(NotifyManyCommand)
export class NotifyManyHandler implements ICommandHandler<NotifyManyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly batches: BatchRepository,
  ) {}

  execute({ request }: NotifyManyCommand): Promise<BatchDetails> {
    const { userIds, segment, at, dedupeKey, ...rest } = request;
    if ((userIds === undefined) === (segment === undefined))
      throw requestInvalid('/userIds', 'either userIds or a segment');
    if (categoryNamed(request.category).critical)
      throw requestInvalid('/category', 'this category beats what people want, and is kept for Mainstay itself');
    if (segment?.roles && segment.customerGroupId)
      throw requestInvalid('/segment', 'either roles or a group of customers');
    const id = newId();
    return this.uow.run(async (tx) => {
      if (segment?.customerGroupId) await this.group(segment.customerGroupId);
      const batch: Batch = {
        id,
        request: { ...rest, at: at?.toISOString(), dedupeKey: dedupeKey ?? `batch/${id}`, batchId: id },
        segment: segment ?? null,
        state: 'running',
        cursorUserId: null,
        recipients: 0,
        skipped: 0,
      };
      if (userIds) await this.members(userIds);
      // The first of them at once, so that whatever is wrong with the request is said to whoever asked.
      await notifyNext(batch, { commands: this.commands, queries: this.queries }, userIds);
      await this.batches.insert(tx, batch, currentContext().principal.userId);
      if (batch.state === 'running') ContinueBatch.next(tx, id);
      return this.queries.execute(new FindBatchQuery(id));
    });
  }

  private async group(customerGroupId: string): Promise<void> {
    const found = await this.queries.execute(new FindCustomerGroupsQuery({ ids: [customerGroupId] }));
    if (found.length === 0) throw requestInvalid('/segment/customerGroupId', 'there is no such group of customers');
  }

  private async members(userIds: string[]): Promise<void> {
    const distinct = [...new Set(userIds)];
    const known = await this.queries.execute(new MemberIdsQuery({ userIds: distinct }));
    if (known.length < distinct.length) throw recipientsUnknown(distinct.length - known.length);
  }
}

/** Notifies the next people of a batch, or these, and moves it on; the caller stores it. */
async function notifyNext(
  batch: Batch,
  { commands, queries }: { commands: CommandBus; queries: QueryBus },
  userIds?: string[],
): Promise<void> {
  const { at, ...request } = batch.request;
  const page = userIds ?? (await nextPage(batch, queries));
  // Who is in a group may have left the organization.
  const grouped = batch.segment?.customerGroupId !== undefined && page.length > 0;
  const ids = grouped ? await queries.execute(new MemberIdsQuery({ userIds: page })) : page;
  if (ids.length > 0) {
    const told = await commands.execute(
      new NotifyCommand({ ...request, userIds: ids, ...(at ? { at: new Date(at) } : {}) }),
    );
    const skipped = told.filter(({ notificationId }) => notificationId === null).length;
    batch.recipients += told.length - skipped;
    batch.skipped += skipped;
  }
  batch.cursorUserId = page.at(-1) ?? batch.cursorUserId;
  if (userIds || page.length < AT_ONCE) batch.state = 'done';
}

function nextPage({ segment, cursorUserId: after }: Batch, queries: QueryBus): Promise<string[]> {
  const groupId = segment?.customerGroupId;
  return groupId
    ? queries.execute(new UserIdsOfGroupQuery({ groupId, after, limit: AT_ONCE }))
    : queries.execute(new MemberIdsQuery({ roles: segment?.roles, after, limit: AT_ONCE }));
}

/** Calls off what has not left yet. @throws AppError not-found */
export class CancelBatchCommand extends Command<BatchDetails> {
  constructor(readonly batchId: string) {
    super();
  }
}

@CommandHandler(CancelBatchCommand)
export class CancelBatchHandler implements ICommandHandler<CancelBatchCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly batches: BatchRepository,
  ) {}

  execute({ batchId }: CancelBatchCommand): Promise<BatchDetails> {
    return this.uow.run(async (tx) => {
      const batch = await this.batches.lock(tx, batchId);
      if (!batch) throw batchNotFound();
      await this.batches.callOff(tx, batchId);
      await this.batches.move(tx, { ...batch, state: 'cancelled' });
      return this.queries.execute(new FindBatchQuery(batchId));
    });
  }
}

@CommandHandler(ContinueBatchCommand)
export class ContinueBatchHandler implements ICommandHandler<ContinueBatchCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly batches: BatchRepository,
  ) {}

  execute({ batchId }: ContinueBatchCommand): Promise<boolean> {
    return this.uow.run(async (tx) => {
      const batch = await this.batches.lock(tx, batchId);
      if (batch?.state !== 'running') return false;
      await notifyNext(batch, { commands: this.commands, queries: this.queries });
      await this.batches.move(tx, batch);
      return batch.state === ('running' as Batch['state']);
    });
  }
}
