import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SYSTEM } from '../../../kernel/auth/principal';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { newId } from '../../../kernel/ids/ids';
import { RetentionRules } from '../../../kernel/retention/retention';
import { DropFuelReceiptsCommand } from '../commands/drop-fuel-receipts';

/** Where people filled in is kept as long as their trips are; how much it was, and what it cost, stays. */
const PLACE_DAYS = 730;
/** Receipts that are given back at once, and how often in a run; what is left goes with the next. */
const AT_ONCE = 200;
const MOST_BITES = 100;

@Injectable()
export class FuelRetention implements OnModuleInit {
  constructor(
    private readonly rules: RetentionRules,
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {}

  onModuleInit(): void {
    const before = (days: number): Promise<void> => this.giveReceiptsBack(days);
    this.rules.keep({ name: 'fleet.fuel-places', days: PLACE_DAYS, routine: 'fleet.purge_fuel_places', before });
    this.rules.keep({ name: 'fleet.card-places', days: PLACE_DAYS, routine: 'fleet.purge_card_places' });
  }

  /** Of all organizations; an entry keeps its place until its receipt is gone. */
  private async giveReceiptsBack(days: number): Promise<void> {
    for (let bite = 0; bite < MOST_BITES; bite++) {
      const entries = await this.database.readPlatform<{ tenantId: string; id: string }>(
        'select tenant_id as "tenantId", id from fleet.old_fuel_receipts($1, $2)',
        [days, AT_ONCE],
      );
      for (const tenantId of new Set(entries.map((entry) => entry.tenantId))) {
        const own = entries.filter((entry) => entry.tenantId === tenantId).map(({ id }) => id);
        await runInContext({ tenantId, principal: SYSTEM, requestId: newId() }, () =>
          this.commands.execute(new DropFuelReceiptsCommand(own)),
        );
      }
      if (entries.length < AT_ONCE) return;
    }
  }
}
