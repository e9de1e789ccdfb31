import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { StockAlertRaised, StockChanged } from '../../inventory/contracts/inventory-events';
import { StockFollower } from '../commands/stock-follower';
import { BundleChanged } from '../contracts/product-events';

/** Products that came into stock or ran out say so in lists. */
@Reaction({ name: 'catalog.follow-stock-when-stock-changed', on: StockChanged })
export class FollowStockWhenStockChanged implements Reacts<StockChanged> {
  constructor(private readonly follower: StockFollower) {}

  async react({ payload }: StoredEvent<StockChanged>, tx: Transaction): Promise<void> {
    const levels = payload.levels.map(({ sku, available, was }) => ({ sku, was: was?.available, now: available }));
    await this.follower.levelsChanged(tx, levels);
  }
}

/** Lots that pass their day take stock away without a movement. */
@Reaction({ name: 'catalog.follow-stock-when-alert-raised', on: StockAlertRaised })
export class FollowStockWhenAlertRaised implements Reacts<StockAlertRaised> {
  constructor(private readonly follower: StockFollower) {}

  async react({ payload }: StoredEvent<StockAlertRaised>, tx: Transaction): Promise<void> {
    if (payload.kind === 'out_of_stock' || payload.kind === 'expiring') await this.follower.follow(tx, [payload.sku]);
  }
}

/** A bundle is there as often as its parts are: their copies must be right from then on. */
@Reaction({ name: 'catalog.follow-stock-when-bundle-changed', on: BundleChanged })
export class FollowStockWhenBundleChanged implements Reacts<BundleChanged> {
  constructor(private readonly follower: StockFollower) {}

  async react({ payload }: StoredEvent<BundleChanged>, tx: Transaction): Promise<void> {
    await this.follower.follow(tx, payload.parts);
  }
}
