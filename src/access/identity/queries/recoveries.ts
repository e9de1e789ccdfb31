import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { FactorRecoveryRepository } from '../data/factor-recovery.repository';

/** A member who has lost every factor, as those see it who may consent. */
export interface OpenRecovery {
  id: string;
  user: { id: string; name: string; email: string };
  emailConfirmed: boolean;
  approved: boolean;
  openedAt: Date;
  waitsUntil: Date;
  expiresAt: Date;
}

/** Open recoveries of members of the context's organization. */
export class RecoveriesQuery extends Query<OpenRecovery[]> {}

@QueryHandler(RecoveriesQuery)
export class RecoveriesHandler implements IQueryHandler<RecoveriesQuery> {
  constructor(private readonly recoveries: FactorRecoveryRepository) {}

  async execute(): Promise<OpenRecovery[]> {
    const rows = await this.recoveries.ofOrganization(currentContext().tenantId!);
    return rows.map(({ id, userId, name, email, emailConfirmedAt, approvedAt, openedAt, waitsUntil, expiresAt }) => ({
      id,
      user: { id: userId, name, email },
      emailConfirmed: emailConfirmedAt !== null,
      approved: approvedAt !== null,
      openedAt,
      waitsUntil,
      expiresAt,
    }));
  }
}
