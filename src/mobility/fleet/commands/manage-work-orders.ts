import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { IssueStockCommand } from '../../../commerce/inventory/contracts/issue-stock';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import { FleetRepository } from '../data/fleet.repository';
import { MaintenanceRepository } from '../data/maintenance.repository';
import { WorkOrderRepository, type WorkOrderRow } from '../data/work-order.repository';
import { vehicleNotFound } from '../domain/fleet.errors';
import {
  otherCurrency,
  partCostUnknown,
  warrantyNotFound,
  warrantyOver,
  workOrderClosed,
  workOrderNotFound,
} from '../domain/maintenance.errors';
import type { Vehicle } from '../domain/vehicle';
import { demandEdge, isClosed, type LineKind, type WorkOrderState } from '../domain/work-order';
import { FindWorkOrderQuery, type WorkOrderFacts } from '../queries/work-orders';
import { MaintenanceWatch } from './maintenance-watch';

/** @throws AppError not-found `fleet.vehicle-not-found` */
export class OpenWorkOrderCommand extends Command<WorkOrderFacts> {
  constructor(
    readonly order: {
      vehicleId: string;
      title: string;
      description: string | null;
      currency: string;
      assignee: string | null;
    },
  ) {
    super();
  }
}

/**
 * Moves a work order. Completing it closes its defects, brings the vehicle back in service unless critical ones are left,
 * and begins the next cycle of its maintenance, from now and here on; so does calling it off, which skips the cycle.
 * @throws AppError not-found `fleet.work-order-not-found`, conflict `fleet.work-order-state`
 */
export class MoveWorkOrderCommand extends Command<WorkOrderFacts> {
  constructor(
    readonly workOrderId: string,
    readonly state: WorkOrderState,
    readonly note: string | null,
  ) {
    super();
  }
}

/**
 * Adds labour, something bought, or parts, which leave the stock in the same commit, once.
 * @throws AppError not-found `fleet.work-order-not-found`, `fleet.warranty-not-found`; conflict `fleet.work-order-closed`,
 *   `fleet.warranty-over`, `fleet.part-cost-unknown`, `inventory.out-of-stock`, `inventory.serial-unavailable`,
 *   `inventory.serial-promised`; invalid `fleet.other-currency`, `inventory.unknown-sku`, `inventory.serials-needed`, `inventory.not-serialized`
 */
export class AddWorkOrderLineCommand extends Command<WorkOrderFacts> {
  constructor(
    readonly workOrderId: string,
    readonly line: {
      kind: LineKind;
      description: string;
      sku: string | null;
      quantity: number;
      /** Of all of it; null: what the stock says that the parts cost. */
      total: Money | null;
      warrantyId: string | null;
      serials?: string[];
    },
  ) {
    super();
  }
}

@CommandHandler(OpenWorkOrderCommand)
export class OpenWorkOrderHandler implements ICommandHandler<OpenWorkOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly orders: WorkOrderRepository,
  ) {}

  execute({ order }: OpenWorkOrderCommand): Promise<WorkOrderFacts> {
    return this.uow.run(async () => {
      if (!(await this.fleets.vehicle(order.vehicleId))) throw vehicleNotFound();
      const id = newId();
      const by = currentContext().principal.userId;
      await this.orders.insert({ ...order, id, scheduleId: null, cycle: null, by });
      return this.queries.execute(new FindWorkOrderQuery(id));
    });
  }
}

@CommandHandler(MoveWorkOrderCommand)
export class MoveWorkOrderHandler implements ICommandHandler<MoveWorkOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly maintenance: MaintenanceRepository,
    private readonly orders: WorkOrderRepository,
    private readonly watch: MaintenanceWatch,
  ) {}

  execute({ workOrderId, state, note }: MoveWorkOrderCommand): Promise<WorkOrderFacts> {
    return this.uow.run(async (tx) => {
      const { vehicle, order } = await lockedOrder(this.fleets, this.orders, workOrderId);
      demandEdge(order.state, state);
      if (state !== 'completed' && state !== 'cancelled') {
        await this.orders.move(workOrderId, state);
        return this.queries.execute(new FindWorkOrderQuery(workOrderId));
      }
      const at = this.clock.now();
      const base = { at, metres: vehicle.odometerMetres, seconds: vehicle.engineSeconds };
      await this.orders.close(workOrderId, { state, ...base, by: currentContext().principal.userId, note });
      const left = await this.orders.closeDefects(
        workOrderId,
        vehicle.id,
        state === 'completed' ? 'fixed' : 'dismissed',
      );
      if (vehicle.grounded && !left) {
        vehicle.moveTo('in_service', null, at);
        await this.fleets.save(vehicle);
      }
      if (order.scheduleId) {
        await this.maintenance.restart(order.scheduleId, base);
        const [schedule] = await this.maintenance.lock({ scheduleId: order.scheduleId });
        this.watch.plan(tx, schedule);
      }
      return this.queries.execute(new FindWorkOrderQuery(workOrderId));
    });
  }
}

@CommandHandler(AddWorkOrderLineCommand)
export class AddWorkOrderLineHandler implements ICommandHandler<AddWorkOrderLineCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly maintenance: MaintenanceRepository,
    private readonly orders: WorkOrderRepository,
  ) {}

  execute({ workOrderId, line }: AddWorkOrderLineCommand): Promise<WorkOrderFacts> {
    return this.uow.run(async () => {
      const { vehicle, order } = await lockedOrder(this.fleets, this.orders, workOrderId);
      if (isClosed(order.state)) throw workOrderClosed(order.state);
      if (line.total && line.total.currency !== order.currency) throw otherCurrency(order.currency);
      if (line.warrantyId) await this.demandWarranty(line.warrantyId, order, vehicle);
      const id = newId();
      const total = line.kind === 'part' ? await this.issued(order, id, line) : line.total!;
      const { kind, description, sku, quantity, warrantyId } = line;
      const by = currentContext().principal.userId;
      await this.orders.addLine(workOrderId, { id, kind, description, sku, quantity, total, warrantyId }, by);
      return this.queries.execute(new FindWorkOrderQuery(workOrderId));
    });
  }

  /** What was wrong while the warranty held, by day and odometer, is covered, whenever it is mended. */
  private async demandWarranty(id: string, order: WorkOrderRow, vehicle: Vehicle): Promise<void> {
    const held = await this.maintenance.warrantyHeld(id, vehicle.id, order.openedAt);
    if (held === null) throw warrantyNotFound();
    if (!held) throw warrantyOver();
  }

  private async issued(order: WorkOrderRow, key: string, line: AddWorkOrderLineCommand['line']): Promise<Money> {
    const { sku, quantity, serials } = line;
    const [issued] = await this.commands.execute(
      new IssueStockCommand({
        document: { type: 'work_order', id: order.id },
        key,
        lines: [{ sku: sku!, quantity, ...(serials && { serials }) }],
        reason: 'work order',
      }),
    );
    if (line.total) return line.total;
    const [cost, ...others] = issued.cost ?? [];
    if (cost?.currency !== order.currency || others.length > 0) throw partCostUnknown(order.currency);
    return cost;
  }
}

/** An order with its vehicle, which is locked first. @throws AppError not-found `fleet.work-order-not-found` */
async function lockedOrder(
  fleets: FleetRepository,
  orders: WorkOrderRepository,
  id: string,
): Promise<{ vehicle: Vehicle; order: WorkOrderRow }> {
  const vehicleId = await orders.vehicleOf(id);
  const vehicle = vehicleId && (await fleets.vehicle(vehicleId));
  const order = vehicle && (await orders.lock(id));
  if (!vehicle || !order) throw workOrderNotFound();
  return { vehicle, order };
}
