import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { notFound } from '../../../kernel/errors/app-error';
import { SandboxRepository } from '../data/sandbox.repository';
import { WebhookOutbox } from '../data/webhook-outbox';
import { answerOf, eventTypeOf } from '../domain/sandbox-payment';
import { tell } from './change-payment';

export const challengeNotFound = () => notFound('sandbox.challenge-not-found', 'No such confirmation page.');

/** The shopper's answer on the 3-D Secure page. A second answer changes nothing. Returns where the browser goes next. */
export class AnswerChallengeCommand extends Command<{ returnUrl: string }> {
  constructor(readonly request: { tenantId: string; secret: string; decision: 'approve' | 'decline' }) {
    super();
  }
}

@CommandHandler(AnswerChallengeCommand)
export class AnswerChallengeHandler implements ICommandHandler<AnswerChallengeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: SandboxRepository,
    private readonly outbox: WebhookOutbox,
  ) {}

  async execute({ request }: AnswerChallengeCommand): Promise<{ returnUrl: string }> {
    return this.uow.run(
      async (tx) => {
        const row = await this.payments.lockBySecret(tx, request.secret);
        if (!row) throw challengeNotFound();
        if (row.status === 'requires_action') {
          const verdict = answerOf(request.decision, row.capture);
          const moved = await this.payments.move(tx, row, verdict, verdict.status === 'succeeded' ? row.amount : 0);
          tell(tx, this.outbox, moved, eventTypeOf(verdict.status));
        }
        return { returnUrl: row.return_url };
      },
      { tenantId: request.tenantId },
    );
  }
}
