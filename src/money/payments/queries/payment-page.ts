import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { maybeContext, runInContext } from '../../../kernel/context/request-context';
import { AttemptReader } from '../data/attempt-reader';
import { paymentNotFound } from '../domain/payments.errors';
import { FindPaymentQuery } from './find-payment';

/** Where a shopper confirms a payment; no address where nothing is to be confirmed. @throws `payments.payment-not-found` */
export class PaymentPageQuery extends Query<{ url: string | null; status: string }> {
  constructor(readonly paymentId: string) {
    super();
  }
}

@QueryHandler(PaymentPageQuery)
export class PaymentPageHandler implements IQueryHandler<PaymentPageQuery> {
  constructor(
    private readonly attempts: AttemptReader,
    private readonly queries: QueryBus,
  ) {}

  async execute({ paymentId }: PaymentPageQuery): Promise<{ url: string | null; status: string }> {
    // A mail's link names no shop: the payment itself does.
    const tenantId = maybeContext()?.tenantId ?? (await this.attempts.tenantOfIntent(paymentId));
    if (!tenantId) throw paymentNotFound();
    const payment = await runInContext({ tenantId }, () => this.queries.execute(new FindPaymentQuery(paymentId)));
    return { url: payment.nextAction?.url ?? null, status: payment.status };
  }
}
