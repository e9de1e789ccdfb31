import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import {
  ChangeTeamCommand,
  ChangeTeamMemberCommand,
  CreateTeamCommand,
  RemoveTeamCommand,
} from '../../src/access/organizations/commands/manage-teams';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import { TeamsOfUserQuery } from '../../src/access/organizations/contracts/teams-of-user';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';

describe('teams', () => {
  let app: TestApp;
  let commands: CommandBus;
  let tenantId: string;
  let member: { memberId: string; userId: string };

  beforeAll(async () => {
    app = await testApp([IdentityModule, OrganizationsModule]);
    commands = app.get(CommandBus);
    const made = await asTenant(PLATFORM_TENANT, () =>
      commands.execute(new CreateOrganizationCommand({ name: 'Teams', ownerUserId: newId() })),
    );
    tenantId = made.id;
    const userId = newId();
    const { memberId } = await inTenant(() =>
      commands.execute(new AddMemberCommand({ tenantId, userId, role: 'staff' })),
    );
    member = { memberId, userId };
  });
  afterAll(() => app.close());

  const inTenant = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenantId, work);
  const make = (name: string) => inTenant(() => commands.execute(new CreateTeamCommand({ name })));
  const put = (teamId: string, belongs = true) =>
    inTenant(() => commands.execute(new ChangeTeamMemberCommand(teamId, member.memberId, belongs)));
  const teamsOf = () =>
    asTenant(newId(), () => app.get(QueryBus).execute(new TeamsOfUserQuery(tenantId, member.userId)));
  const version = async (): Promise<number> => {
    const [row] = await app
      .get(Database)
      .readPlatform<{ version: number }>('select version from kernel.auth_versions where id = $1', [tenantId]);
    return row?.version ?? 0;
  };

  it('have a name that no other team has, however many want it at once', async () => {
    const results = await Promise.allSettled(['Night', 'night', ' NIGHT ', 'Ｎight'].map(make));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'organizations.team-name-taken' });
    const [a, b] = [await make('Rename a'), await make('Rename b')];
    const renamed = await Promise.allSettled(
      [a, b].map(({ id }) => inTenant(() => commands.execute(new ChangeTeamCommand(id, { name: 'One name' })))),
    );
    expect(renamed.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('raise the version of the policies with each change of who is in, and only then', async () => {
    const team = await make('Changing');
    const before = await version();
    await Promise.all([put(team.id), put(team.id), put(team.id)]);
    expect(await version()).toBe(before + 1);
    expect(await teamsOf()).toEqual([{ id: team.id, name: 'Changing' }]);
    await put(team.id, false);
    await put(team.id, false);
    expect(await version()).toBe(before + 2);
    expect(await teamsOf()).toEqual([]);
  });

  it('are gone with what they gave when they are removed, and no other tenant touches them', async () => {
    const team = await make('Short-lived');
    await put(team.id);
    await expect(asTenant(newId(), () => commands.execute(new RemoveTeamCommand(team.id)))).rejects.toThrow(
      'organizations.team-not-found',
    );
    const before = await version();
    await inTenant(() => commands.execute(new RemoveTeamCommand(team.id)));
    expect(await version()).toBe(before + 1);
    expect(await teamsOf()).toEqual([]);
  });
});
