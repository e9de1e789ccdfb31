import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { Database } from '../../../kernel/database/database';
import { TenantRound } from '../../../kernel/lifecycle/tenant-round';
import { TellOfCreditEndsCommand } from '../commands/tell-of-credit-ends';
import { REMIND_DAYS } from '../domain/credit-rules';

/** Notice is given days before: some minutes more or less do not matter. */
const EVERY_MS = 600_000;
/** Tenants of one round; the next goes on after the last of them. */
const MOST_TENANTS = 1_000;
/** Before every tenant. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/** Has those told whose gift cards or store credit end soon, whatever moved the end or the notice that the shop gives. */
@Injectable()
export class CreditReminders extends TenantRound {
  private after = FIRST;

  constructor(
    config: Config,
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {
    super(config, EVERY_MS, 'nobody could be told of credit that ends');
  }

  protected async due(): Promise<string[]> {
    const tenants = await this.database.readPlatform<{ id: string }>(
      'select tenant_id as id from ledger.tenants_to_remind($1, $2, $3)',
      [REMIND_DAYS, MOST_TENANTS, this.after],
    );
    this.after = tenants.length < MOST_TENANTS ? FIRST : tenants[tenants.length - 1].id;
    return tenants.map(({ id }) => id);
  }

  protected async serve(): Promise<void> {
    await this.commands.execute(new TellOfCreditEndsCommand());
  }
}
