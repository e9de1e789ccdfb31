import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { setTimeout as pause } from 'node:timers/promises';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { verifyWebhook, type WebhookVerdict } from '../../../kernel/crypto/webhook-signature';
import type { Money } from '../../../kernel/money/money';
import {
  AnswerSandboxDisputeCommand,
  CancelSandboxPaymentCommand,
  CaptureSandboxPaymentCommand,
  ConfirmSandboxPaymentCommand,
  FetchSandboxDisputeQuery,
  FetchSandboxPaymentQuery,
  RefundSandboxPaymentCommand,
  SandboxEntriesQuery,
  type SandboxDispute,
  type SandboxPayment,
  type SandboxRefund,
  type SandboxWebhook,
} from '../../sandbox/contracts/sandbox-provider';
import type { GatewayOutcome } from '../contracts/gateway-outcome';
import type {
  AttemptReference,
  CreateRequest,
  GatewayAccount,
  GatewayCapabilities,
  NoticeKind,
  PaymentGateway,
  ProviderNotice,
  RefundOutcome,
  ReportedDispute,
  ReportedRefund,
  SettlementEntry,
} from '../domain/payment-gateway';
import type { KeepOutcome, KeepRequest } from '../domain/saved-method';
import { signingSecrets } from '../domain/webhook-secrets';
import { webhookRefused } from '../domain/payments.errors';

const REFUSALS: Record<Exclude<WebhookVerdict, 'ok'>, [code: string, detail: string]> = {
  malformed: ['headers', 'The webhook carries no readable signature headers.'],
  'too-old': ['too-old', 'The webhook was signed too long ago.'],
  'too-new': ['too-new', 'The webhook was signed in the future.'],
  mismatch: ['signature', 'The signature does not fit the body.'],
};

/** Tokens that can be kept; one that wants the shopper's bank does so whenever it is charged. */
const KEPT_TOKENS = new Set(['success', 'requires_action', 'disputed', 'timeout_after_success']);

/** How long the answer that `timeout_after_success` loses is waited for (milliseconds). */
const SILENCE_MS = 2_000;

/** The sandbox provider behind the port: speaks to the double by its contract, keeps nothing. */
@Injectable()
export class SandboxGateway implements PaymentGateway {
  readonly provider = 'sandbox';

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly config: Config,
  ) {}

  capabilities(): GatewayCapabilities {
    const methods = ['sandbox'];
    return {
      methods,
      currencies: 'any',
      manualCapture: true,
      partialRefunds: true,
      keeps: methods,
      callTimeoutMs: this.config.gatewayTimeoutMs,
    };
  }

  async create(account: GatewayAccount, request: CreateRequest, signal: AbortSignal): Promise<GatewayOutcome> {
    const { payment, silent } = await this.commands.execute(
      new ConfirmSandboxPaymentCommand({
        accountId: account.id,
        key: request.attemptId,
        amount: request.amount,
        token: request.method.token,
        capture: request.capture,
        returnUrl: request.returnUrl,
        challenge: request.challenge,
      }),
    );
    // The double charged, and its answer is lost: it is waited for as that of a real provider, only not as long.
    if (silent) {
      await pause(SILENCE_MS, undefined, { signal });
      throw new DOMException('The gateway did not answer in time.', 'TimeoutError');
    }
    return outcomeOf(payment);
  }

  /** The double needs no second word: what the shopper approved is charged. */
  async confirm(account: GatewayAccount, reference: AttemptReference): Promise<GatewayOutcome> {
    return (await this.fetch(account, reference)).outcome;
  }

  async capture(account: GatewayAccount, reference: AttemptReference, amount: Money): Promise<GatewayOutcome> {
    const command = new CaptureSandboxPaymentCommand({ accountId: account.id, key: reference.attemptId, amount });
    return outcomeOf(await this.commands.execute(command));
  }

  async cancel(account: GatewayAccount, reference: AttemptReference): Promise<GatewayOutcome> {
    const command = new CancelSandboxPaymentCommand({ accountId: account.id, key: reference.attemptId });
    return outcomeOf(await this.commands.execute(command));
  }

  async refund(
    account: GatewayAccount,
    request: AttemptReference & { refundId: string; amount: Money },
  ): Promise<RefundOutcome> {
    const refund = await this.commands.execute(
      new RefundSandboxPaymentCommand({
        accountId: account.id,
        paymentKey: request.attemptId,
        key: request.refundId,
        amount: request.amount,
      }),
    );
    return refund
      ? refundOutcomeOf(refund)
      : {
          status: 'failed',
          providerRefundId: null,
          code: 'payment_unknown',
          message: 'The gateway does not know the payment.',
        };
  }

  async fetch(
    account: GatewayAccount,
    reference: AttemptReference,
  ): Promise<{ outcome: GatewayOutcome; refunds: ReportedRefund[] }> {
    const payment = await this.queries.execute(
      new FetchSandboxPaymentQuery({ accountId: account.id, key: reference.attemptId }),
    );
    return {
      outcome: outcomeOf(payment),
      refunds: (payment?.refunds ?? []).map((refund) => ({
        refundId: refund.key,
        amount: refund.amount,
        outcome: refundOutcomeOf(refund),
      })),
    };
  }

  ensurePayer(_account: GatewayAccount, { payerId }: { payerId: string }): Promise<string> {
    return Promise.resolve(`payer-${payerId}`);
  }

  /** The double keeps nothing: a token stands for itself for ever. Those that would be declined are not kept. */
  keepMethod(_account: GatewayAccount, { savedMethodId, method }: KeepRequest): Promise<KeepOutcome> {
    const setupId = `keep-${savedMethodId}`;
    const isDeclined = !KEPT_TOKENS.has(method.token.split(':')[0]);
    if (isDeclined)
      return Promise.resolve({ status: 'failed', setupId, code: 'card_declined', message: 'The card was declined.' });
    const card = { brand: 'sandbox', last4: '0000', expMonth: 12, expYear: 2_099 };
    return Promise.resolve({ status: 'active', setupId, providerMethodId: method.token, card });
  }

  forgetMethod(): Promise<void> {
    return Promise.resolve();
  }

  async fetchDispute(account: GatewayAccount, id: string): Promise<ReportedDispute> {
    return disputeOf(await this.queries.execute(new FetchSandboxDisputeQuery({ accountId: account.id, id })));
  }

  submitEvidence(
    account: GatewayAccount,
    { providerDisputeId, evidence }: Parameters<NonNullable<PaymentGateway['submitEvidence']>>[1],
  ): Promise<ReportedDispute> {
    return this.answer(account, providerDisputeId, Object.values(evidence).join('\n'));
  }

  acceptDispute(
    account: GatewayAccount,
    { providerDisputeId }: Parameters<NonNullable<PaymentGateway['acceptDispute']>>[1],
  ): Promise<ReportedDispute> {
    return this.answer(account, providerDisputeId, null);
  }

  async fetchEntries(account: GatewayAccount, period: { from: Date; to: Date }): Promise<SettlementEntry[]> {
    const entries = await this.queries.execute(new SandboxEntriesQuery({ accountId: account.id, ...period }));
    return entries.map(({ paymentId: providerPaymentId, ...entry }) => ({ ...entry, providerPaymentId }));
  }

  private async answer(account: GatewayAccount, id: string, evidence: string | null): Promise<ReportedDispute> {
    const command = new AnswerSandboxDisputeCommand({ accountId: account.id, id, evidence });
    return disputeOf((await this.commands.execute(command)) ?? null);
  }

  verifyWebhook(
    account: GatewayAccount,
    request: { headers: Record<string, string | undefined>; body: Buffer },
  ): ProviderNotice {
    const verdict = verifyWebhook(request.headers, request.body, signingSecrets(account, clock.nowMs()), clock.nowMs());
    if (verdict !== 'ok') throw webhookRefused(...REFUSALS[verdict]);
    let body: SandboxWebhook;
    try {
      body = JSON.parse(request.body.toString('utf8')) as SandboxWebhook;
    } catch {
      throw webhookRefused('malformed', 'The webhook is not valid JSON.');
    }
    if (typeof body?.type !== 'string' || typeof body.data?.key !== 'string')
      throw webhookRefused('malformed', 'The webhook names no payment.');
    return {
      eventId: request.headers['webhook-id']!,
      // A refund of the double is read with its payment.
      kind: kindOf(body.type),
      type: body.type,
      objectId: body.data.disputeId ?? null,
      attemptId: body.data.key,
      providerPaymentId: body.data.paymentId,
      ...(body.type === 'payment.succeeded' ? { says: 'charged' } : {}),
    };
  }
}

const kindOf = (type: string): NoticeKind => {
  if (type.startsWith('dispute.')) return 'dispute';
  return type.startsWith('refund.') ? 'refund' : 'payment';
};

function disputeOf(dispute: SandboxDispute | null): ReportedDispute {
  if (!dispute) throw new Error('The gateway knows no such dispute.');
  const { id, amount, fee, openedAt, closedAt } = dispute;
  const back = { id: `${id}-back`, kind: 'reinstated' as const, amount, fee: { ...fee, amount: -fee.amount } };
  return {
    providerDisputeId: id,
    providerPaymentId: dispute.paymentId,
    attemptId: dispute.paymentKey,
    amount,
    reason: dispute.reason,
    status: dispute.status,
    evidenceDueBy: dispute.dueAt,
    openedAt,
    movements: [
      { id: `${id}-out`, kind: 'withdrawn', amount, fee, at: openedAt },
      ...(dispute.status === 'won' ? [{ ...back, at: closedAt! }] : []),
    ],
  };
}

function outcomeOf(payment: SandboxPayment | null): GatewayOutcome {
  if (!payment) return { status: 'unknown' };
  const providerPaymentId = payment.id;
  switch (payment.status) {
    case 'succeeded':
      return { status: 'charged', providerPaymentId, captured: payment.captured, card: payment.card };
    case 'authorized':
      return { status: 'authorized', providerPaymentId, authorized: payment.amount, card: payment.card };
    case 'requires_action':
      return { status: 'requires_action', providerPaymentId, url: payment.actionUrl! };
    case 'canceled':
      return { status: 'canceled', providerPaymentId };
    case 'failed':
      return { status: 'failed', providerPaymentId, ...payment.error! };
  }
}

const refundOutcomeOf = (refund: SandboxRefund): RefundOutcome =>
  refund.status === 'succeeded'
    ? { status: 'succeeded', providerRefundId: refund.id }
    : { status: 'failed', providerRefundId: refund.id, code: refund.error!.code, message: refund.error!.message };
