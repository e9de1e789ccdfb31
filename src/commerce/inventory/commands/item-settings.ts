import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ItemRepository } from '../data/item.repository';
import { SerialRepository } from '../data/serial.repository';
import { StateRepository } from '../data/state.repository';
import { StockRepository } from '../data/stock.repository';
import { repeatedLine, serialNotFound, stockUnderWay } from '../domain/inventory.errors';
import type { ItemSettings } from '../domain/serial';
import { SerialViews, type SerialRow } from '../queries/serials';
import { LineCheck } from './line-check';
import { SerialDesk } from './serial-desk';

/**
 * Says how articles are kept: whether every piece has a serial number, and how long its warranty lasts. What lies there
 * when tracking begins gets provisional numbers, to be replaced by those on the goods; when it ends, numbers are history.
 * @throws AppError invalid `inventory.unknown-sku`, `inventory.repeated-line`; conflict `inventory.stock-under-way`
 */
export class SaveItemSettingsCommand extends Command<ItemSettings[]> {
  constructor(readonly items: ItemSettings[]) {
    super();
  }
}

/**
 * Gives a piece another serial number: the one on the goods for a provisional one, the right one for a wrong one.
 * @throws AppError not-found `inventory.serial-not-found`, conflict `inventory.serial-known`
 */
export class RenameSerialCommand extends Command<SerialRow> {
  constructor(
    readonly id: string,
    readonly serial: string,
  ) {
    super();
  }
}

@CommandHandler(SaveItemSettingsCommand)
export class SaveItemSettingsHandler implements ICommandHandler<SaveItemSettingsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly check: LineCheck,
    private readonly items: ItemRepository,
    private readonly stock: StockRepository,
    private readonly states: StateRepository,
    private readonly serials: SerialRepository,
    private readonly desk: SerialDesk,
  ) {}

  execute({ items }: SaveItemSettingsCommand): Promise<ItemSettings[]> {
    return this.uow.run(async () => {
      await this.check.known(items, '/items');
      const second = items.findIndex((item, at) => items.findIndex((each) => each.sku === item.sku) !== at);
      if (second >= 0) throw repeatedLine(`/items/${second}`, items[second].sku);
      const was = new Map(
        (await this.items.lock(items.map((item) => item.sku))).map((item) => [item.sku, item.serials]),
      );
      const changed = (to: boolean): string[] =>
        items.filter((item) => item.serials === to && (was.get(item.sku) ?? false) !== to).map((item) => item.sku);
      await this.items.save(items);
      if (changed(true).length > 0) await this.begin(changed(true));
      if (changed(false).length > 0) await this.end(changed(false));
      return items;
    });
  }

  private async begin(skus: readonly string[]): Promise<void> {
    // A level that somebody is just making is waited for; one that comes later is marked when it is made.
    for (const location of await this.items.locations()) await this.stock.ensure(skus, location);
    const levels = await this.stock.lockByIds(await this.items.levelsOf(skus));
    const travelling = await this.items.underWay(skus);
    if (travelling.length > 0) throw stockUnderWay(travelling);
    const ids = levels.map((level) => level.id);
    const lots = await this.stock.lotsOf(ids);
    const apart = await this.states.of(lots.map((lot) => lot.id));
    const skuOf = new Map(levels.map((level) => [level.id, level.sku]));
    const paper = { kind: 'tracked' as const, document: null, reason: null };
    for (const lot of lots) {
      const place = { sku: skuOf.get(lot.levelId)!, levelId: lot.levelId, lotId: lot.id };
      await this.desk.provide({ ...place, quantity: lot.onHand - lot.unavailable }, paper);
      for (const { state, quantity } of apart.filter((each) => each.lotId === lot.id))
        await this.desk.provide({ ...place, quantity }, paper, state);
    }
    await this.items.serialize(ids, true);
  }

  private async end(skus: readonly string[]): Promise<void> {
    const levels = await this.stock.lockByIds(await this.items.levelsOf(skus));
    const travelling = await this.items.underWay(skus);
    if (travelling.length > 0) throw stockUnderWay(travelling);
    await this.items.serialize(
      levels.map((level) => level.id),
      false,
    );
    await this.serials.forget(skus);
  }
}

@CommandHandler(RenameSerialCommand)
export class RenameSerialHandler implements ICommandHandler<RenameSerialCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly serials: SerialRepository,
    private readonly views: SerialViews,
  ) {}

  execute({ id, serial }: RenameSerialCommand): Promise<SerialRow> {
    return this.uow.run(async () => {
      const piece = await this.serials.find(id);
      if (!piece) throw serialNotFound();
      if (piece.serial !== serial) await this.serials.rename(piece, serial);
      return this.views.find(id);
    });
  }
}
