import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { ConsentPurpose } from '../contracts/consents';
import { Customer } from '../domain/customer';
import { consentFromFuture, customerMerged, customerNotFound, noOwnCustomer } from '../domain/customers.errors';
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
      /** Which version of these words it was. */
      textVersion?: string | null;
      /** When it was given, where that was earlier. */
      givenAt?: Date;
    },
  ) {
    super();
  }
}

/**
 * What a customer who is signed in says for itself, with the evidence of it: time, version of the text, where from.
 * @throws AppError not-found `customers.customer-not-found` where the account is no customer of the shop
 */
export class GiveConsentCommand extends Command<ConsentView> {
  constructor(
    readonly consent: {
      purpose: ConsentPurpose;
      granted: boolean;
      source: string;
      wording: string | null;
      textVersion: string;
    },
  ) {
    super();
  }
}

async function write(
  tx: Transaction,
  customerId: string,
  consent: RecordConsentCommand['consent'],
  ip: string | null,
): Promise<ConsentView> {
  const now = clock.now();
  const givenAt = consent.givenAt ?? now;
  if (givenAt > now) throw consentFromFuture();
  const [row] = await tx.query<ConsentView>(
    `insert into customers.consents as c (tenant_id, id, customer_id, purpose, granted, source, wording, given_at, recorded_at,
       recorded_by, text_version, ip)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning ${CONSENT}`,
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
      consent.textVersion ?? null,
      ip,
    ],
  );
  return row;
}

@CommandHandler(GiveConsentCommand)
export class GiveConsentHandler implements ICommandHandler<GiveConsentCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ consent }: GiveConsentCommand): Promise<ConsentView> {
    return this.uow.run(async (tx) => {
      const { principal, ip } = currentContext();
      // What is said while the customer is merged away is said by the one that stays.
      const [own] = await tx.query<{ id: string }>(
        'select id from customers.customers where tenant_id = $1 and user_id = $2 for key share',
        [tx.tenantId, principal.userId],
      );
      if (!own) throw noOwnCustomer();
      return write(tx, own.id, consent, ip ?? null);
    });
  }
}

@CommandHandler(RecordConsentCommand)
export class RecordConsentHandler implements ICommandHandler<RecordConsentCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ customerId, consent }: RecordConsentCommand): Promise<ConsentView> {
    return this.uow.run(async (tx) => {
      const customer = await tx.store.load(Customer, customerId, { lock: 'no-key-update' });
      if (!customer) throw customerNotFound();
      requirePermission('customers:write', { id: customer.id, owner: customer.userId });
      if (customer.mergedInto) throw customerMerged(customer.mergedInto);
      return write(tx, customerId, consent, null);
    });
  }
}
