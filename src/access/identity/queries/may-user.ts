import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { decide } from '../../../kernel/auth/policy';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FindUsersQuery } from '../contracts/find-users';
import { MayUserQuery } from '../contracts/may-user';
import { policyOfRights, RightsRepository } from '../data/rights.repository';

@QueryHandler(MayUserQuery)
export class MayUserHandler implements IQueryHandler<MayUserQuery> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly rights: RightsRepository,
    private readonly clock: Clock,
  ) {}

  execute({ userId, permission }: MayUserQuery): Promise<boolean> {
    return this.uow.run(async (tx) => {
      const [user] = await this.queries.execute(new FindUsersQuery({ ids: [userId] }));
      if (!user?.active) return false;
      return decide(policyOfRights(await this.rights.within(tx, userId)), permission, {
        ...{ nowMs: this.clock.nowMs(), userId },
        ...{ ip: null, country: null, aal: null, authTimeMs: null, deviceTrusted: null },
      });
    });
  }
}
