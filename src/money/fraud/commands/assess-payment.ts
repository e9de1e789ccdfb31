import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { hasPermission } from '../../../kernel/auth/principal';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext, runInContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { Places } from '../../../kernel/geo/places';
import { addressKey } from '../../../kernel/http/rate-limits';
import { newId } from '../../../kernel/ids/ids';
import { AssessPaymentCommand, type Assessed } from '../contracts/assess-payment';
import { PaymentBlocked } from '../contracts/fraud-events';
import { AssessmentRepository, type Assessment } from '../data/assessment.repository';
import { FraudPolicies } from '../data/policies';
import type { FraudPolicy } from '../domain/fraud-policy';
import { keysOf, type TryKeys } from '../domain/payment-try';
import { Judge } from './judge';

type Request = AssessPaymentCommand['request'];

@CommandHandler(AssessPaymentCommand)
export class AssessPaymentHandler implements ICommandHandler<AssessPaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly places: Places,
    private readonly policies: FraudPolicies,
    private readonly assessments: AssessmentRepository,
    private readonly judge: Judge,
  ) {}

  execute({ request }: AssessPaymentCommand): Promise<Assessed | null> {
    return this.uow.run(async (tx) => {
      const policy = await this.policies.find(tx);
      return policy && this.assess(tx, request, policy);
    });
  }

  private async assess(tx: Transaction, request: Request, known: FraudPolicy): Promise<Assessed | null> {
    const { shopper } = request;
    const keys = keysOf(shopper, whence(), request.amount);
    const judged = await this.judge.first(tx, known, keys, {
      amount: request.amount,
      method: request.method.type,
      provider: request.provider,
      channel: request.channel,
      guest: !keys.account,
      email: shopper?.email ?? null,
      shipping: shopper?.shipping ?? null,
      billing: shopper?.billing ?? null,
      ipCountry: keys.ip && (await this.places.countryOf(keys.ip)),
      at: this.clock.now(),
    });
    if (!judged) return null;
    const { policy, ...judgement } = judged;
    const { decision, score } = judgement.verdict;
    // A list's word is not asked again.
    const listed = judgement.lists.some(({ list }) => list === 'allow' || list === 'block');
    const askAgain = policy.asksOfCard && !listed && decision !== 'block';
    const assessment: Assessment = {
      ...judgement,
      id: newId(),
      attemptId: request.attemptId,
      intentId: null,
      payable: request.payable,
      keys,
      reserveFirst: decision === 'review' || askAgain,
      final: !askAgain,
      outcome: decision === 'block' ? 'blocked' : 'open',
    };
    this.keep(tx, assessment);
    return { assessmentId: assessment.id, decision, score, reserveFirst: assessment.reserveFirst };
  }

  /** A refused try is counted and told of although its transaction will be undone. */
  private keep(tx: Transaction, assessment: Assessment): void {
    const store = (within: Transaction): void => {
      this.assessments.insert(within, assessment);
      if (assessment.outcome === 'blocked') within.record(blocked(assessment));
    };
    store(tx);
    if (assessment.outcome !== 'blocked') return;
    const { tenantId } = tx;
    tx.afterRollback(() => runInContext({ tenantId }, () => this.uow.run(async (later) => store(later))));
  }
}

const blocked = ({ id, attemptId, payable, keys, verdict }: Assessment): PaymentBlocked =>
  new PaymentBlocked(id, {
    assessmentId: id,
    attemptId,
    payable,
    amount: moneyOf(keys),
    score: verdict.score,
    reasons: verdict.reasons,
  });

const moneyOf = ({ amount, currency }: TryKeys) => ({ amount, currency });

/** Where the try comes from. Staff who order for somebody else are not that shopper. */
function whence(): Pick<TryKeys, 'ip' | 'network' | 'device' | 'account'> {
  const { principal, ip, deviceId } = currentContext();
  if (hasPermission(principal, 'orders:read')) return { ip: null, network: null, device: null, account: null };
  return {
    ip: ip ?? null,
    network: ip ? addressKey(ip) : null,
    device: deviceId ?? null,
    account: principal.kind === 'user' ? principal.userId : null,
  };
}
