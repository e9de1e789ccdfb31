import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { ConsentPurpose } from '../contracts/consents';
import { Customer } from '../domain/customer';
import { consentFromFuture, customerNotFound } from '../domain/customers.errors';
import { CONSENT, type ConsentView } from '../queries/consents';

/**
 * Writes down that a customer agreed to something or took it back; earlier words stay in the log.
 * @throws AppError not-found `customers.customer-not-found`, invalid `customers.consent-time-invalid`
 */
export class RecordConsentCommand extends Command<ConsentView> {
  constructor(
    readonly customerId: string,
    readonly consent: {
      purpose: ConsentPurpose;
      granted: boolean;
      /** Where it was given: a form, a call, the checkout. */
      source: string;
      /** What was agreed to, in the words that the customer saw. */
      wording?: string | null;
      /** When it was given, where that was earlier. */
      givenAt?: Date;
    },
  ) {
    super();
  }
}

@CommandHandler(RecordConsentCommand)
export class RecordConsentHandler implements ICommandHandler<RecordConsentCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ customerId, consent }: RecordConsentCommand): Promise<ConsentView> {
    return this.uow.run(async (tx) => {
      const customer = await tx.store.load(Customer, customerId, { lock: false });
      if (!customer) throw customerNotFound();
      requirePermission('customers:write', { id: customer.id, owner: customer.userId });
      const now = clock.now();
      const givenAt = consent.givenAt ?? now;
      if (givenAt > now) throw consentFromFuture();
      const [row] = await tx.query<ConsentView>(
        `insert into customers.consents as c (tenant_id, id, customer_id, purpose, granted, source, wording, given_at, recorded_at, recorded_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${CONSENT}`,
        [
          tx.tenantId,
          newId(),
          customerId,
          consent.purpose,
          consent.granted,
          consent.source.trim(),
          consent.wording ?? null,
          givenAt,
          now,
          currentContext().principal.userId,
        ],
      );
      return row;
    });
  }
}
