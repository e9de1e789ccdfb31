import type { DynamicModule } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { CreateLocationCommand } from '../../src/commerce/inventory/commands/create-location';
import { ReceiveStockCommand, type ReceiptLine } from '../../src/commerce/inventory/commands/receive-stock';
import { HoldStockCommand, type HoldReference } from '../../src/commerce/inventory/contracts/hold-stock';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { asTenant, testApp, type TestApp } from './app';
import { RecordedRealtimeModule } from './realtime';
import { STOCK_FAULTS } from './stock-identity';

export const DAY = 86_400;
export const EUR = (amount: number): { amount: number; currency: string } => ({ amount, currency: 'EUR' });
export const inDays = (days: number): string => new Date(clock.nowMs() + days * DAY * 1000).toISOString();
/** A typed refusal with this code. */
export const code = (text: string): { code: string } => ({ code: `inventory.${text}` });

/** A storeroom for tests of the inventory: one application, a new shop for each test. */
export class StockRoom {
  tenant = newId();
  /** Ids of the locations that were opened, by code; `main` is the default one. */
  places: Record<string, string> = {};

  private constructor(readonly app: TestApp) {}

  /** @param inventory the module, or one with naive parts */
  static async open(inventory: DynamicModule | typeof InventoryModule = InventoryModule): Promise<StockRoom> {
    return new StockRoom(await testApp([inventory, CatalogModule, OrganizationsModule, RecordedRealtimeModule]));
  }

  get commands(): CommandBus {
    return this.app.get(CommandBus);
  }

  get queries(): QueryBus {
    return this.app.get(QueryBus);
  }

  /** A new shop that sells these SKUs and has these locations beside its default one. */
  async shop(skus: readonly string[] = ['A', 'B'], places: readonly string[] = []): Promise<void> {
    clock.setOffset(0);
    this.tenant = newId();
    for (const sku of skus)
      await this.run(() =>
        this.commands.execute(new CreateProductCommand({ name: sku, variants: [{ sku, price: EUR(100) }] } as never)),
      );
    this.places = {};
    for (const place of places)
      this.places[place] = (
        await this.run(() => this.commands.execute(new CreateLocationCommand({ code: place, name: place })))
      ).id;
    for (const { code: place, id } of await this.rows<{ code: string; id: string }>(
      'select code, id from inventory.locations',
    ))
      this.places[place] = id;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return asTenant(this.tenant, work, SYSTEM);
  }

  rows<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    return this.app.get(Database).readAs<Row>(this.tenant, text, params);
  }

  /** Reactions and timers that are due. */
  drain(): Promise<unknown> {
    return this.app.get(DeliveryWorker).drain();
  }

  receive(...lines: (Partial<ReceiptLine> & { quantity: number })[]) {
    return this.run(() =>
      this.commands.execute(new ReceiveStockCommand({ lines: lines.map((line) => ({ sku: 'A', ...line })) })),
    );
  }

  async hold(quantity: number, sku = 'A', seconds = 1800): Promise<HoldReference> {
    const reference: HoldReference = { type: 'order', id: newId() };
    const expiresAt = new Date(clock.nowMs() + seconds * 1000);
    await this.run(() =>
      this.commands.execute(new HoldStockCommand({ reference, lines: [{ sku, quantity }], expiresAt })),
    );
    return reference;
  }

  async events<P extends object>(type: string): Promise<P[]> {
    const rows = await this.rows<{ payload: P }>('select payload from kernel.events where type = $1 order by id', [
      `inventory.${type}.v1`,
    ]);
    return rows.map((row) => row.payload);
  }

  /** What is wrong with the stock; nothing, if all is well. */
  faults(): Promise<object[]> {
    return this.rows(STOCK_FAULTS);
  }

  async close(): Promise<void> {
    clock.setOffset(0);
    await this.app.close();
  }
}
