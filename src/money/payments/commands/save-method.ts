import { Command, CommandHandler, type ICommandHandler, QueryBus } from '@nestjs/cqrs';
import { holdsCardNumber } from '../../../kernel/cards/card-number';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { GatewayDesk } from '../adapters/gateway-desk';
import { GatewayAccounts } from '../data/gateway-accounts';
import { SavedMethods } from '../data/saved-methods';
import { cardNumberRefused, methodNotKept, tooManyMethods } from '../domain/payments.errors';
import { askAboutSetupAt, MOST_METHODS, MOST_TRIES_A_DAY } from '../domain/saved-method';
import { OwnMethodQuery, type SavedMethodView } from '../queries/saved-methods';
import { AskAboutSetup } from '../reactions/ask-about-setup';
import { MethodDesk } from './method-desk';
import { ReturnUrls } from './return-urls';

/**
 * Keeps a way to pay of the signed-in person at the provider, with the consent to it: written first, then asked for, then
 * what became of it. The provider may want the person's bank to agree (`requires_action`).
 * @throws AppError invalid `payments.method-not-kept`, `payments.card-number-refused`, `payments.return-url-invalid`,
 *   too-many `payments.too-many-methods`
 */
export class SaveMethodCommand extends Command<SavedMethodView> {
  constructor(
    readonly request: {
      method: { type: string; token: string };
      gatewayId: string | null;
      /** What the person agreed to, as it was shown. */
      consent: string;
      returnUrl?: string;
    },
  ) {
    super();
  }
}

@CommandHandler(SaveMethodCommand)
export class SaveMethodHandler implements ICommandHandler<SaveMethodCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    private readonly accounts: GatewayAccounts,
    private readonly gateways: GatewayDesk,
    private readonly methods: SavedMethods,
    private readonly desk: MethodDesk,
    private readonly returnUrls: ReturnUrls,
  ) {}

  async execute({ request }: SaveMethodCommand): Promise<SavedMethodView> {
    const userId = currentContext().principal.userId!;
    if (holdsCardNumber(request.method.token)) throw cardNumberRefused();
    this.returnUrls.check(request.returnUrl);
    const id = await this.uow.run(async (tx) => {
      const id = tx.resumed ?? newId();
      tx.lease(id);
      if (!tx.resumed) await this.begin(tx, id, userId, request);
      return id;
    });
    await this.desk.ask(id);
    return this.uow.run(async (tx) => {
      const view = await this.queries.execute(new OwnMethodQuery(id));
      tx.answer(view);
      return view;
    });
  }

  private async begin(
    tx: Transaction,
    id: string,
    userId: string,
    { method, gatewayId, consent, returnUrl }: SaveMethodCommand['request'],
  ): Promise<void> {
    const account = (await this.accounts.active(tx)).find(
      (one) => (gatewayId === null || one.id === gatewayId) && this.gateways.keeps(one, method.type),
    );
    if (!account) throw methodNotKept(method.type);
    const payerId = await this.methods.payer(tx, account.id, userId);
    const { kept, tried } = await this.methods.count(tx, userId);
    if (kept >= MOST_METHODS || tried >= MOST_TRIES_A_DAY) throw tooManyMethods();
    const { id: gateway, provider } = account;
    const agreed = { text: consent, ip: currentContext().ip ?? null };
    await this.methods.insert(tx, {
      id,
      userId,
      gatewayId: gateway,
      payerId,
      provider,
      method,
      returnUrl: returnUrl ?? null,
      consent: agreed,
    });
    tx.timer(AskAboutSetup, { savedMethodId: id, step: 0 }, askAboutSetupAt(this.clock.now(), 0)!);
  }
}
