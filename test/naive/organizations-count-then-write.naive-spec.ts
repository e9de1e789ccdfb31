import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { RemoveMemberCommand, RemoveMemberHandler } from '../../src/access/organizations/commands/manage-organization';
import { CreateTeamCommand, CreateTeamHandler } from '../../src/access/organizations/commands/manage-teams';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import type { TeamView } from '../../src/access/organizations/queries/teams';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { raceOwners, raceTeams } from '../scenarios/organization-races';
import { testApp } from '../support/app';
import { replaced } from './replaced';

/** Counts the owners, and then removes one: nobody waits for anybody. */
@CommandHandler(RemoveMemberCommand)
class CountThenRemove implements ICommandHandler<RemoveMemberCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ memberId }: RemoveMemberCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const [{ owners }] = await tx.query<{ owners: number }>(
        `select count(*)::int as owners from organizations.members where tenant_id = $1 and role = 'owner'`,
        [tx.tenantId],
      );
      if (owners < 2) throw new Error('the last owner stays');
      await tx.execute('delete from organizations.members where tenant_id = $1 and id = $2', [tx.tenantId, memberId]);
    });
  }
}

/** Counts the teams, and then makes one. */
@CommandHandler(CreateTeamCommand)
class CountThenInsert implements ICommandHandler<CreateTeamCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ team }: CreateTeamCommand): Promise<TeamView> {
    return this.uow.run(async (tx) => {
      const [{ teams }] = await tx.query<{ teams: number }>(
        'select count(*)::int as teams from organizations.teams where tenant_id = $1',
        [tx.tenantId],
      );
      if (teams >= 3) throw new Error('the plan allows three');
      await tx.execute(
        `insert into organizations.teams (tenant_id, id, name, name_key, created_at, updated_at, version)
         values ($1, $2, $3, $3, kernel.now(), kernel.now(), 1)`,
        [tx.tenantId, newId(), team.name],
      );
      return {} as TeamView;
    });
  }
}

describe('naive: count, then write', () => {
  it('must not leave an organization without an owner', async () => {
    const app = await testApp([IdentityModule, replaced(OrganizationsModule, RemoveMemberHandler, CountThenRemove)]);
    try {
      expect(await raceOwners(app, 5)).toEqual({ ownerless: 0, refused: 5 });
    } finally {
      await app.close();
    }
  });

  it('must not make more teams than the plan allows', async () => {
    const app = await testApp([IdentityModule, replaced(OrganizationsModule, CreateTeamHandler, CountThenInsert)]);
    try {
      expect(await raceTeams(app)).toEqual({ teams: 3 });
    } finally {
      await app.close();
    }
  });
});
