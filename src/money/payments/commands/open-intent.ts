import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { holdsCardNumber } from '../../../kernel/cards/card-number';
import { Clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { AssessPaymentCommand } from '../../fraud/contracts/assess-payment';
import { GatewayDesk } from '../adapters/gateway-desk';
import { OpenIntentCommand, type OpenedIntent } from '../contracts/open-intent';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { PaymentIntent, type Precautions } from '../domain/payment-intent';
import {
  cardNumberRefused,
  notAccepted,
  paymentInFlight,
  returnUrlForeign,
  returnUrlInvalid,
  unknownMethod,
} from '../domain/payments.errors';
import { askAgainAt } from '../domain/resolver.policy';
import { AskGatewayAgain } from '../reactions/ask-gateway-again';
import { askForFollowUps } from './follow-ups';
import { PaymentRouter } from './payment-router';

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
    private readonly config: Config,
  ) {}

  async execute({ request }: OpenIntentCommand): Promise<OpenedIntent> {
    const { payable, amount, method } = request;
    if ([method, ...(method.alternatives ?? [])].some(({ token }) => holdsCardNumber(token))) throw cardNumberRefused();
    const { returnUrl } = request;
    if (returnUrl !== undefined && !(/^https?:\/\//i.test(returnUrl) && URL.canParse(returnUrl)))
      throw returnUrlInvalid();
    if (returnUrl !== undefined && !this.isOurs(returnUrl)) throw returnUrlForeign();
    if (!this.desk.serves(method.type)) throw unknownMethod(method.type);
    return this.uow.run(async (tx) => {
      const attemptId = newId();
      const { account, route, failover } = await this.router.choose(tx, request, attemptId);
      const { id: gatewayId, provider, capture } = account;
      const now = this.clock.now();
      const { type, token } = method;
      const attempt = { id: attemptId, gatewayId, provider, method: { type, token }, route };
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
      const opened = { intentId: intent.id, gatewayId, method: { type, token }, amount, metadata, failover };
      const { capture: asked, challenge } = begun;
      return { intentId: intent.id, attemptId: attempt.id, attempt: { ...opened, capture: asked, challenge } };
    });
  }

  /** Asks whether the shop takes this try, and with which precautions. @throws AppError conflict `payments.not-accepted` */
  private async judge(
    { payable, amount, method, channel, shopper }: OpenIntentCommand['request'],
    { id: attemptId, provider }: { id: string; provider: string },
  ): Promise<Precautions> {
    const judged = await this.commands.execute(
      new AssessPaymentCommand({ attemptId, payable, amount, method, provider, channel: channel ?? 'online', shopper }),
    );
    if (judged?.decision === 'block') throw notAccepted();
    return { screened: judged?.reserveFirst ?? false, challenge: judged?.decision === 'challenge' };
  }

  /** In production a browser is only sent to pages that may call the API as well; elsewhere to any. */
  private isOurs(returnUrl: string): boolean {
    const { origin } = new URL(returnUrl);
    const { isProduction, publicUrl, corsOrigins } = this.config;
    return !isProduction || origin === new URL(publicUrl).origin || corsOrigins.includes(origin);
  }
}
