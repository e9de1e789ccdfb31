import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { GatewayDesk } from '../adapters/gateway-desk';
import { GatewayAccounts } from '../data/gateway-accounts';
import { Routings } from '../data/routings';
import { routingChanged, routingInvalid } from '../domain/payments.errors';
import type { RoutingRule } from '../domain/routing';

/**
 * Replaces the rules by which accounts take payments, all at once and in their order.
 * @param expected the version that the rules were read as, or null
 * @throws AppError invalid `payments.routing-invalid`, conflict `payments.routing-changed`
 */
export class SaveRoutingCommand extends Command<void> {
  constructor(
    readonly rules: RoutingRule[],
    readonly expected: number | null,
  ) {
    super();
  }
}

interface Fault {
  pointer: string;
  code: string;
  detail: string;
}

@CommandHandler(SaveRoutingCommand)
export class SaveRoutingHandler implements ICommandHandler<SaveRoutingCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly routings: Routings,
    private readonly accounts: GatewayAccounts,
    private readonly desk: GatewayDesk,
  ) {}

  async execute({ rules, expected }: SaveRoutingCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const known = await this.accounts.ids(tx);
      const faults = rules.flatMap((rule, index) => this.faultsOf(rule, `/rules/${index}`, known));
      if (faults.length) throw routingInvalid(faults);
      if ((await this.routings.save(tx, rules, expected)) === null) throw routingChanged();
    });
  }

  private faultsOf(rule: RoutingRule, at: string, known: ReadonlySet<string>): Fault[] {
    const faults: Fault[] = [];
    const fault = (pointer: string, code: string, detail: string) =>
      faults.push({ pointer: `${at}/${pointer}`, code, detail });
    const seen = new Set<string>();
    for (const [index, { gatewayId }] of rule.gateways.entries()) {
      if (!known.has(gatewayId)) fault(`gateways/${index}/gatewayId`, 'unknown', 'There is no such account.');
      if (seen.has(gatewayId)) fault(`gateways/${index}/gatewayId`, 'twice', 'The account stands in the rule already.');
      seen.add(gatewayId);
    }
    if (rule.gateways.every(({ weight }) => weight === 0))
      fault('gateways', 'weight', 'One account at least has a weight above zero.');
    for (const [index, method] of (rule.methods ?? []).entries())
      if (!this.desk.serves(method)) fault(`methods/${index}`, 'unknown', 'No gateway here has this payment method.');
    const { minAmount, maxAmount } = rule;
    if ((minAmount !== null || maxAmount !== null) && rule.currencies?.length !== 1)
      fault('currencies', 'one', 'Amounts are of one currency: name it.');
    if (minAmount !== null && maxAmount !== null && minAmount > maxAmount)
      fault('maxAmount', 'range', 'The largest amount is not below the smallest.');
    return faults;
  }
}
