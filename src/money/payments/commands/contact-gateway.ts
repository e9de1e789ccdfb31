import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext, runInContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { logger } from '../../../kernel/telemetry/logger';
import { MoveAssessmentCommand } from '../../fraud/contracts/assess-payment';
import { GatewayDesk } from '../adapters/gateway-desk';
import { ContactGatewayCommand, type ContactedOutcome } from '../contracts/contact-gateway';
import type { OpenedAttempt } from '../contracts/open-intent';
import { AttemptReader, type AttemptFacts } from '../data/attempt-reader';
import { GatewayAccounts } from '../data/gateway-accounts';
import { PaymentRepository } from '../data/payment.repository';
import type { GatewayAccount } from '../domain/payment-gateway';
import { gatewayNotFound, paymentNotFound } from '../domain/payments.errors';
import { askAgainAt } from '../domain/resolver.policy';
import { AskGatewayAgain } from '../reactions/ask-gateway-again';
import { createRequestOf, referenceOf } from './gateway-requests';

type Failure = ContactedOutcome & { status: 'failed' };

@CommandHandler(ContactGatewayCommand)
export class ContactGatewayHandler implements ICommandHandler<ContactGatewayCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly payments: PaymentRepository,
    private readonly attempts: AttemptReader,
    private readonly accounts: GatewayAccounts,
    private readonly desk: GatewayDesk,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  async execute({ request: { attemptId, opened } }: ContactGatewayCommand): Promise<ContactedOutcome> {
    if (currentContext().transaction) throw new Error('ContactGatewayCommand must not run inside a transaction.');
    if (!opened) return this.again(attemptId);
    let outcome = await this.create(attemptId, opened);
    let from: OpenedAttempt | null = opened;
    while (from?.failover?.length && outcome.status === 'failed' && outcome.notAttempted) {
      const next = await this.failOver(outcome, from);
      if (!next) break;
      reach('failover.after-commit');
      outcome = await this.create(next.attemptId, next.opened);
      from = next.opened;
    }
    return outcome;
  }

  /** Who asks may not be the first: that is written before, so that nobody takes a failure for the whole truth. */
  private async again(attemptId: string): Promise<ContactedOutcome> {
    const known = await this.attempts.find(attemptId);
    if (!known) throw paymentNotFound();
    if (known.state !== 'started' || (await this.noteRepeated(attemptId)) !== 'started') return this.look(known);
    return this.create(attemptId, known);
  }

  private async look(known: AttemptFacts): Promise<ContactedOutcome> {
    const account = await this.account(known.gatewayId);
    const reference = referenceOf(known, this.config.publicUrl);
    const outcome = await this.desk.outcome(
      account,
      known.id,
      async (gateway, signal) => (await gateway.fetch(account, reference, signal)).outcome,
    );
    return { ...outcome, attemptId: known.id };
  }

  private async create(
    attemptId: string,
    opened: Omit<Parameters<typeof createRequestOf>[0], 'id'> & { gatewayId: string },
  ): Promise<ContactedOutcome> {
    const account = await this.account(opened.gatewayId);
    const request = createRequestOf({ ...opened, id: attemptId }, this.config.publicUrl);
    const outcome = await this.desk.outcome(account, attemptId, (gateway, signal) =>
      gateway.create(account, request, signal),
    );
    return { ...outcome, attemptId };
  }

  private noteRepeated(attemptId: string) {
    return this.aside(async () => {
      const tx = this.uow.current();
      const intent = await this.payments.lockByAttempt(tx, attemptId);
      const attempt = intent?.repeat(attemptId, this.clock.now());
      if (attempt?.state === 'started') await this.payments.noteRepeated(tx, attempt);
      return attempt?.state;
    });
  }

  /** The failed try ends and the next begins in one commit. @returns null where it must not go on */
  private failOver(
    { attemptId, code, message }: Failure,
    { failover = [], ...opened }: OpenedAttempt,
  ): Promise<{ attemptId: string; opened: OpenedAttempt } | null> {
    return this.aside(async () => {
      const tx = this.uow.current();
      const [next, ...further] = failover;
      const intent = await this.payments.lockByAttempt(tx, attemptId);
      const route = intent?.attempts.find(({ id }) => id === attemptId)?.route;
      const { payingAs } = opened;
      const attempt = { ...next, id: newId(), route: route ? { ...route, by: 'failover' as const } : null, payingAs };
      const now = this.clock.now();
      const begun = intent?.failOver(attemptId, { code, message }, attempt, now);
      if (!intent || !begun) return null;
      await this.payments.save(tx, intent);
      await this.commands.execute(new MoveAssessmentCommand({ from: attemptId, to: begun.id }));
      tx.timer(AskGatewayAgain, { attemptId: begun.id, step: 0 }, askAgainAt(now, 0)!);
      logger.warn(
        { attemptId, next: begun.id, gatewayId: opened.gatewayId, code },
        'payment goes on at another gateway',
      );
      const { gatewayId, method } = next;
      return { attemptId: begun.id, opened: { ...opened, gatewayId, method, failover: further } };
    });
  }

  /** A transaction of its own: what it comes to is no answer to the caller's request. */
  private aside<T>(work: () => Promise<T>): Promise<T> {
    return runInContext({ idempotency: undefined }, () => this.uow.run(work));
  }

  private async account(gatewayId: string): Promise<GatewayAccount> {
    const account = await this.accounts.find(currentContext().tenantId!, gatewayId);
    if (!account) throw gatewayNotFound();
    return account;
  }
}
