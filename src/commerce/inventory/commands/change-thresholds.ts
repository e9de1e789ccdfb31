import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { StockRepository } from '../data/stock.repository';
import { ThresholdRepository, type OwnThresholds } from '../data/threshold.repository';
import { repeatedLine } from '../domain/inventory.errors';
import type { Thresholds } from '../domain/stock-alert';
import { LineCheck } from './line-check';
import { LookPlan } from './look-plan';
import { StockWatch } from './stock-watch';

export interface ThresholdLine extends Partial<OwnThresholds> {
  sku: string;
  /** Default: the shop's default location. */
  locationId?: string;
}

export interface LevelThresholds {
  sku: string;
  locationId: string;
  /** What is said of this item at this location; null: the shop's default holds. */
  own: OwnThresholds;
  /** What holds. */
  effective: Thresholds;
}

/**
 * Sets from when on stock of items at locations is worth an alert. Members that are left out stay, null goes back to the
 * shop's default. What is beyond its new thresholds now is told of at once.
 * @throws AppError invalid `inventory.unknown-sku`, `inventory.repeated-line`; not-found `inventory.location-not-found`
 */
export class ChangeThresholdsCommand extends Command<LevelThresholds[]> {
  constructor(readonly lines: ThresholdLine[]) {
    super();
  }
}

/** Changes what holds where an item says nothing itself. Told is what crosses from then on. */
export class ChangeAlertDefaultsCommand extends Command<OwnThresholds> {
  constructor(readonly changes: Partial<OwnThresholds>) {
    super();
  }
}

@CommandHandler(ChangeThresholdsCommand)
export class ChangeThresholdsHandler implements ICommandHandler<ChangeThresholdsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly check: LineCheck,
    private readonly stock: StockRepository,
    private readonly thresholds: ThresholdRepository,
    private readonly watch: StockWatch,
    private readonly plan: LookPlan,
  ) {}

  execute(command: ChangeThresholdsCommand): Promise<LevelThresholds[]> {
    return this.uow.run(async () => {
      const lines = await this.check.placed(command.lines);
      const byLevel = new Map(lines.map((line) => [key(line), line]));
      if (byLevel.size < lines.length) {
        const second = lines.findIndex((line, at) => lines.findIndex((other) => key(other) === key(line)) !== at);
        throw repeatedLine(`/lines/${second}`, lines[second].sku);
      }
      for (const place of [...new Set(lines.map((line) => line.locationId))].sort())
        await this.stock.ensure(
          lines.filter((line) => line.locationId === place).map((line) => line.sku),
          place,
        );
      const levels = (await this.stock.lock([...new Set(lines.map((line) => line.sku))])).filter((level) =>
        byLevel.has(key(level)),
      );
      await this.thresholds.change(levels.map((level) => ({ levelId: level.id, ...ownOf(byLevel.get(key(level))!) })));
      const ids = levels.map((level) => level.id);
      await this.watch.thresholdsChanged(ids);
      await this.plan.by(this.clock.now());
      return this.thresholds.of(ids);
    });
  }
}

@CommandHandler(ChangeAlertDefaultsCommand)
export class ChangeAlertDefaultsHandler implements ICommandHandler<ChangeAlertDefaultsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly thresholds: ThresholdRepository,
    private readonly plan: LookPlan,
  ) {}

  execute({ changes }: ChangeAlertDefaultsCommand): Promise<OwnThresholds> {
    return this.uow.run(async () => {
      const defaults = await this.thresholds.changeDefaults(changes);
      await this.plan.by(this.clock.now());
      return defaults;
    });
  }
}

const key = (line: { sku: string; locationId: string }): string => `${line.locationId} ${line.sku}`;

const ownOf = ({ reorderLevel, overstockLevel, expiryAlertDays }: Partial<OwnThresholds>): Partial<OwnThresholds> => ({
  reorderLevel,
  overstockLevel,
  expiryAlertDays,
});
