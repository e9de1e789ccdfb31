import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { formatAmount } from '../../../kernel/money/money';
import { FetchSandboxPaymentQuery, type SandboxPayment } from '../contracts/sandbox-provider';
import { paymentOf, SandboxRepository } from '../data/sandbox.repository';
import { challengeUrl } from '../domain/challenge-token';

@QueryHandler(FetchSandboxPaymentQuery)
export class FetchPaymentHandler implements IQueryHandler<FetchSandboxPaymentQuery> {
  constructor(
    private readonly payments: SandboxRepository,
    private readonly config: Config,
  ) {}

  async execute({ request }: FetchSandboxPaymentQuery): Promise<SandboxPayment | null> {
    const tenantId = currentContext().tenantId!;
    const row = await this.payments.find(tenantId, request.accountId, request.key);
    if (!row) return null;
    const refunds = row.refunded > 0 || row.status === 'succeeded' ? await this.payments.refunds(tenantId, row.id) : [];
    return paymentOf(row, refunds, challengeUrl(this.config.publicUrl, tenantId, row.action_secret));
  }
}

/** What the 3-D Secure page shows, or null when the address names nothing. */
export class ChallengeQuery extends Query<{
  amount: string;
  currency: string;
  open: boolean;
  returnUrl: string;
} | null> {
  constructor(readonly request: { tenantId: string; secret: string }) {
    super();
  }
}

@QueryHandler(ChallengeQuery)
export class ChallengeHandler implements IQueryHandler<ChallengeQuery> {
  constructor(private readonly payments: SandboxRepository) {}

  async execute({ request }: ChallengeQuery) {
    const row = await this.payments.findBySecret(request.tenantId, request.secret);
    return (
      row && {
        amount: formatAmount({ amount: row.amount, currency: row.currency }),
        currency: row.currency,
        open: row.status === 'requires_action',
        returnUrl: row.return_url,
      }
    );
  }
}
