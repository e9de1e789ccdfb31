import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { FindCustomersQuery } from '../../../commerce/customers/contracts/find-customers';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import type { CreditKind } from '../contracts/credit-events';
import { CreditRepository } from '../data/credit.repository';
import { creditNotActive, creditNotFound, customerUnknown, expiryPast } from '../domain/credit.errors';
import { FindCreditQuery, type CreditView } from '../queries/credits';
import { CreditDesk } from './credit-desk';
import { SaveGiftCardRulesHandler, SaveStoreCreditRulesHandler } from './manage-credit-rules';

/** A gift card that was made. */
export interface IssuedGiftCard {
  giftCard: CreditView;
  /** Shown this once; null where it was mailed. */
  code: string | null;
}

/**
 * Staff make a gift card: a present of the shop (`given`), or paid for outside of it (`paid`). Its code goes to the
 * recipient by mail, or is answered once.
 * @throws AppError invalid `ledger.expiry-past`, `ledger.customer-unknown`
 */
export class IssueGiftCardCommand extends Command<IssuedGiftCard> {
  constructor(
    readonly request: {
      amount: Money;
      origin: 'given' | 'paid';
      recipient?: string;
      /** What the mail says to the recipient. */
      message?: string;
      note?: string;
      customerId?: string;
      expiresAt?: Date;
    },
  ) {
    super();
  }
}

/** Withdraws a gift card, or a customer's store credit. @throws AppError not-found `ledger.credit-not-found`, conflict `ledger.credit-not-active` */
export class VoidCreditCommand extends Command<CreditView> {
  constructor(readonly request: { creditId: string; kind: CreditKind; note?: string }) {
    super();
  }
}

/** Staff give a customer store credit, and tell them. @throws AppError invalid `ledger.customer-unknown` */
export class GrantStoreCreditCommand extends Command<CreditView> {
  constructor(readonly request: { customerId: string; amount: Money; note?: string }) {
    super();
  }
}

@CommandHandler(IssueGiftCardCommand)
export class IssueGiftCardHandler implements ICommandHandler<IssueGiftCardCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly desk: CreditDesk,
  ) {}

  execute({ request }: IssueGiftCardCommand): Promise<IssuedGiftCard> {
    return this.uow.run(async () => {
      const { recipient = null, customerId, expiresAt } = request;
      if (expiresAt && expiresAt <= this.clock.now()) throw expiryPast();
      if (customerId) await customerOf(this.queries, customerId);
      const { id, code } = await this.desk.issue({ ...request, recipient });
      const giftCard = await this.queries.execute(new FindCreditQuery(id, 'gift_card'));
      return { giftCard, code: recipient ? null : code };
    });
  }
}

@CommandHandler(VoidCreditCommand)
export class VoidCreditHandler implements ICommandHandler<VoidCreditCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly credits: CreditRepository,
  ) {}

  execute({ request: { creditId, kind, note } }: VoidCreditCommand): Promise<CreditView> {
    return this.uow.run(async () => {
      const [credit] = await this.credits.lock([creditId]);
      if (credit?.kind !== kind) throw creditNotFound();
      if (credit.state !== 'active') throw creditNotActive(credit.state);
      await this.credits.end(credit, 'voided', { note: note ?? null });
      return this.queries.execute(new FindCreditQuery(creditId));
    });
  }
}

@CommandHandler(GrantStoreCreditCommand)
export class GrantStoreCreditHandler implements ICommandHandler<GrantStoreCreditCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly desk: CreditDesk,
  ) {}

  execute({ request: { customerId, amount, note } }: GrantStoreCreditCommand): Promise<CreditView> {
    return this.uow.run(async () => {
      const customer = await customerOf(this.queries, customerId);
      const credit = await this.desk.storeCredit(customer.id, amount.currency, 'given');
      await this.desk.move(credit, 'issued', amount.amount, { note });
      const view = await this.queries.execute(new FindCreditQuery(credit.id));
      if (customer.email)
        await this.commands.execute(
          new SendMessageCommand({
            to: customer.email,
            template: 'store-credit',
            data: { name: customer.name, amount, balance: view.balance },
            dedupeKey: `store-credit:${newId()}`,
          }),
        );
      return view;
    });
  }
}

async function customerOf(queries: QueryBus, id: string) {
  const [customer] = await queries.execute(new FindCustomersQuery({ ids: [id] }));
  if (!customer) throw customerUnknown();
  return customer;
}

/** What makes and withdraws credit. */
export const CREDIT_HANDLERS = [
  IssueGiftCardHandler,
  VoidCreditHandler,
  GrantStoreCreditHandler,
  SaveGiftCardRulesHandler,
  SaveStoreCreditRulesHandler,
];
