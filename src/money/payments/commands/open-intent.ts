import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { holdsCardNumber } from '../../../kernel/cards/card-number';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { AssessPaymentCommand } from '../../fraud/contracts/assess-payment';
import { GatewayDesk } from '../adapters/gateway-desk';
import { OpenIntentCommand, SAVED, type OpenedIntent, type PayingShopper } from '../contracts/open-intent';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { PaymentIntent, type Precautions } from '../domain/payment-intent';
import { cardNumberRefused, notAccepted, paymentInFlight, unknownMethod } from '../domain/payments.errors';
import { askAgainAt } from '../domain/resolver.policy';
import { AskGatewayAgain } from '../reactions/ask-gateway-again';
import { askForFollowUps } from './follow-ups';
import { PaymentRouter } from './payment-router';
import { ReturnUrls } from './return-urls';

/** Whether the request comes from the browser or app of whoever pays: staff and a shop's own servers agree to no mandate. */
function isShopperThere(shopper: PayingShopper | undefined): boolean {
  const { kind, userId, apiKey } = currentContext().principal;
  return kind === 'guest' || (kind === 'user' && !apiKey && userId !== null && userId === shopper?.userId);
}

@CommandHandler(OpenIntentCommand)
export class OpenIntentHandler implements ICommandHandler<OpenIntentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly router: PaymentRouter,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
    private readonly desk: GatewayDesk,
    private readonly clock: Clock,
    private readonly returnUrls: ReturnUrls,
  ) {}

  async execute({ request }: OpenIntentCommand): Promise<OpenedIntent> {
    const { payable, amount, method } = request;
    if ([method, ...(method.alternatives ?? [])].some(({ token }) => holdsCardNumber(token))) throw cardNumberRefused();
    const { returnUrl } = request;
    this.returnUrls.check(returnUrl);
    if (method.type !== SAVED && !this.desk.serves(method.type)) throw unknownMethod(method.type);
    return this.uow.run(async (tx) => {
      const attemptId = newId();
      const routed = await this.router.choose(tx, request, attemptId);
      const { route, failover, kept = null } = routed;
      const { id: gatewayId, provider, capture } = routed.account;
      const now = this.clock.now();
      const { type, token } = routed.method;
      const providers = [provider, ...failover.map((next) => next.provider)];
      const tokens = [routed.method.token, ...failover.map((next) => next.method.token)];
      const from = isShopperThere(request.shopper) ? currentContext() : {};
      const payingAs = kept ? null : this.desk.payingAs(providers, { type, tokens }, request.shopper, from);
      const attempt = { id: attemptId, gatewayId, provider, method: { type, token }, route, kept, payingAs };
      const precautions = await this.judge(request, attempt);
      // Nearly every payable is paid once: a new intent is tried first, and the open one is looked for only if there is one.
      let intent = PaymentIntent.open(newId(), payable, amount, returnUrl ?? null, request.metadata ?? {}, {
        capture: request.capture ?? capture,
        channel: request.channel,
      });
      let begun = intent.begin(attempt, amount, now, precautions);
      if (!(await this.payments.save(tx, intent))) {
        const open = await this.payments.lockByPayable(tx, payable);
        if (!open) throw paymentInFlight();
        intent = open;
        begun = intent.begin(attempt, amount, now, precautions);
        await this.payments.save(tx, intent);
      }
      await askForFollowUps(tx, intent, this.refunds);
      tx.timer(AskGatewayAgain, { attemptId: attempt.id, step: 0 }, askAgainAt(now, 0)!);
      const { metadata } = intent;
      const paying = kept ? { payer: kept.payer, offSession: kept.offSession } : {};
      const terms = { amount, metadata, failover, payingAs, ...paying };
      const opened = { intentId: intent.id, gatewayId, method: attempt.method, ...terms };
      const { capture: asked, challenge } = begun;
      return { intentId: intent.id, attemptId: attempt.id, attempt: { ...opened, capture: asked, challenge } };
    });
  }

  /** Asks whether the shop takes this try, and with which precautions. @throws AppError conflict `payments.not-accepted` */
  private async judge(
    { payable, amount, channel, shopper }: OpenIntentCommand['request'],
    { id: attemptId, provider, method }: { id: string; provider: string; method: { type: string; token: string } },
  ): Promise<Precautions> {
    const judged = await this.commands.execute(
      new AssessPaymentCommand({ attemptId, payable, amount, method, provider, channel: channel ?? 'online', shopper }),
    );
    if (judged?.decision === 'block') throw notAccepted();
    return { screened: judged?.reserveFirst ?? false, challenge: judged?.decision === 'challenge' };
  }
}
