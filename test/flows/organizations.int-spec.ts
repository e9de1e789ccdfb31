import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { skewed } from '../support/skew';
import { policyOf } from '../../src/kernel/auth/policy';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import { AuthVersions } from '../../src/kernel/auth/versions';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import { clock } from '../../src/kernel/clock/clock';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { newId } from '../../src/kernel/ids/ids';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { WriteAccountCommand, WritePersonCommand } from '../../src/access/organizations/commands/corporate-accounts';
import { SubmitExpenseCommand } from '../../src/access/organizations/commands/corporate-own';
import {
  ChangeOrganizationCommand,
  RemoveMemberCommand,
} from '../../src/access/organizations/commands/manage-organization';
import {
  RequestDeletionCommand,
  WithdrawDeletionCommand,
} from '../../src/access/organizations/commands/operate-organizations';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { ChangeMemberRoleCommand } from '../../src/access/organizations/contracts/change-member-role';
import {
  CreateOrganizationCommand,
  type OrganizationFacts,
} from '../../src/access/organizations/contracts/create-organization';
import { FindOrganizationQuery } from '../../src/access/organizations/contracts/find-organization';
import { MembershipsOfUserQuery } from '../../src/access/organizations/contracts/memberships-of-user';
import { OrganizationStatusChanged } from '../../src/access/organizations/contracts/organization-events';
import type { MemberRole } from '../../src/access/organizations/contracts/roles';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { raceInvitation, raceOwners, raceTeams } from '../scenarios/organization-races';
import { OrganizationDetailsQuery } from '../../src/access/organizations/queries/organization-details';

describe('organizations', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;

  beforeAll(async () => {
    app = await testApp([IdentityModule, OrganizationsModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
  });
  afterAll(() => app.close());
  afterEach(() => clock.setOffset(0));

  const create = (name: string, ownerUserId = newId(), slug?: string): Promise<OrganizationFacts> =>
    asTenant(PLATFORM_TENANT, () => commands.execute(new CreateOrganizationCommand({ name, slug, ownerUserId })));
  const add = (tenantId: string, userId: string, role: MemberRole) =>
    asTenant(tenantId, () => commands.execute(new AddMemberCommand({ tenantId, userId, role })));
  const members = (tenantId: string) =>
    app
      .get(Database)
      .readAs<{ id: string; userId: string; role: MemberRole }>(
        tenantId,
        `select id, user_id as "userId", role from organizations.members where tenant_id = $1 order by joined_at`,
        [tenantId],
      );
  const versionOf = async (id: string): Promise<number> => {
    const [row] = await app
      .get(Database)
      .readPlatform<{ version: number }>('select version from kernel.auth_versions where id = $1', [id]);
    return row?.version ?? 0;
  };

  it('take a free slug each, however many of one name are opened at once', async () => {
    const name = `Müller & Söhne ${newId().slice(-6)}`;
    const made = await Promise.all(Array.from({ length: 6 }, () => create(name)));
    expect(new Set(made.map(({ slug }) => slug)).size).toBe(6);
    for (const organization of made) {
      for (const reference of [organization.slug, organization.id]) {
        expect(await queries.execute(new FindOrganizationQuery({ reference }))).toEqual(organization);
      }
    }
  });

  it('give a wanted slug once, and refuse what is none', async () => {
    const slug = `s-${newId().slice(-10)}`;
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => create('Shop', newId(), slug)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'organizations.slug-taken' });
    await expect(create('Shop', newId(), 'admin')).rejects.toThrow('organizations.slug-invalid');
  });

  it('keep an owner, and as many teams as their plan allows, whatever comes at once', async () => {
    expect(await raceOwners(app, 5)).toEqual({ ownerless: 0, refused: 5 });
    expect(await raceTeams(app, 2)).toEqual({ teams: 3 });
  });

  it('let one in by an invitation, whoever uses its token at the same moment', async () => {
    expect(await raceInvitation(app, 3)).toEqual({ accepted: 1, members: 1 });
  });

  it('make one member of a user who joins many times, with the strongest role', async () => {
    const { id } = await create('Joiners');
    const userId = newId();
    const results = await Promise.all(
      (['customer', 'staff', 'customer', 'customer'] as const).map((role) => add(id, userId, role)),
    );
    expect(results.filter((result) => result.created)).toHaveLength(1);
    expect((await members(id)).filter((member) => member.userId === userId)).toEqual([
      expect.objectContaining({ role: 'staff' }),
    ]);
    expect(await add(id, userId, 'customer')).toMatchObject({ created: false, role: 'staff' });
  });

  it('void compiled rights when a role changes, not when somebody joins', async () => {
    const { id } = await create('Rights');
    const userId = newId();
    const { memberId } = await add(id, userId, 'staff');
    expect(await versionOf(id)).toBe(0);
    await asTenant(id, () => commands.execute(new ChangeMemberRoleCommand({ id: memberId }, 'customer')));
    expect(await versionOf(id)).toBe(1);
    expect((await app.get(AuthVersions).current([id])).get(id)).toBe(1);
  });

  it('let only owners make owners', async () => {
    const { id } = await create('Careful');
    const { memberId } = await add(id, newId(), 'customer');
    const staff: Principal = { ...GUEST, kind: 'user', userId: newId(), roles: ['staff'], tenantId: id };
    const promote = new ChangeMemberRoleCommand({ id: memberId }, 'owner');
    await expect(asTenant(id, () => commands.execute(promote), staff)).rejects.toThrow('organizations.owners-only');
    await asTenant(id, () => commands.execute(promote), { ...staff, policy: policyOf('*') });
    expect((await members(id)).map((member) => member.role)).toEqual(['owner', 'owner']);
  });

  it('are invisible to other tenants, but for the list of the user who signs in', async () => {
    const userId = newId();
    const [first, second] = [await create('First', userId), await create('Second')];
    await add(second.id, userId, 'customer');
    const [{ id: memberId }] = await members(first.id);
    await expect(asTenant(second.id, () => commands.execute(new RemoveMemberCommand(memberId)))).rejects.toThrow(
      'organizations.member-not-found',
    );
    expect(
      await app.get(Database).readAs(second.id, 'select id from organizations.tenants where id = $1', [first.id]),
    ).toEqual([]);
    const memberships = await queries.execute(new MembershipsOfUserQuery(userId));
    expect(memberships.map(({ organization, role }) => [organization.slug, role])).toEqual([
      [first.slug, 'owner'],
      [second.slug, 'customer'],
    ]);
    expect(await queries.execute(new MembershipsOfUserQuery(newId()))).toEqual([]);
  });

  it('end when their time has come, and not by a wish that was taken back', async () => {
    const { id, slug } = await create('Leaving');
    const start = clock.offsetSeconds;
    const status = async (): Promise<string> => {
      const [row] = await app
        .get(Database)
        .readAs<{ status: string }>(id, 'select status from organizations.tenants where id = $1', [id]);
      return row.status;
    };
    const days = async (count: number): Promise<void> => {
      clock.setOffset(start + count * 86_400);
      await app.get(DeliveryWorker).drain();
    };
    const ask = () => asTenant(id, () => commands.execute(new RequestDeletionCommand(slug)));
    try {
      await ask();
      await days(10);
      await asTenant(id, () => commands.execute(new WithdrawDeletionCommand()));
      await days(15);
      const { deletesAt } = await ask();
      expect(Math.round((deletesAt.getTime() - clock.nowMs()) / 86_400_000)).toBe(30);
      // The timer of the first wish fires, and means nothing.
      await days(31);
      expect(await status()).toBe('active');
      const before = await versionOf(id);
      await days(46);
      expect(await status()).toBe('closed');
      // Every process forgets what it knew: tokens and keys are judged anew.
      expect(await versionOf(id)).toBeGreaterThan(before);
      const said = await app
        .get(Database)
        .readAs(id, `select payload from kernel.events where tenant_id = $1 and type = $2`, [
          id,
          OrganizationStatusChanged.type,
        ]);
      expect(said).toEqual([{ payload: { organizationId: id, from: 'active', to: 'closed' } }]);
      await expect(asTenant(id, () => commands.execute(new WithdrawDeletionCommand()))).rejects.toThrow(
        'organizations.organization-closed',
      );
    } finally {
      clock.setOffset(start);
    }
  });

  describe.each([600, -600])('by the clock of the database, that of this process being %s s ahead,', (seconds) => {
    const stateAt = async (time: number, tenantId: string, read: string): Promise<string> => {
      clock.setOffset(time);
      await skewed(seconds, () => app.get(DeliveryWorker).drain());
      return (await app.get(Database).readAs<{ state: string }>(tenantId, read, [tenantId]))[0].state;
    };

    it('end when their time has come', async () => {
      const { id, slug } = await create('Leaving');
      await asTenant(id, () => commands.execute(new RequestDeletionCommand(slug)));
      const read = 'select status as state from organizations.tenants where id = $1';
      expect(await stateAt(30 * 86_400 - 300, id, read)).toBe('active');
      expect(await stateAt(30 * 86_400 + 300, id, read)).toBe('closed');
    });

    it('end what waits for an approval that nobody gives', async () => {
      const { id } = await create('Company');
      const account = new WriteAccountCommand(null, { name: 'Company', currency: 'EUR' });
      const { id: accountId } = await asTenant(id, () => commands.execute(account));
      const [buyer, manager] = [newId(), newId()];
      for (const [userId, role] of [
        [buyer, 'buyer'],
        [manager, 'manager'],
      ] as const) {
        await add(id, userId, 'customer');
        await asTenant(id, () => commands.execute(new WritePersonCommand({ accountId, userId }, { roles: [role] })));
      }
      const taxi = { description: 'Taxi', category: 'travel', amount: 2_000, spentOn: '2026-02-27' };
      await asTenant(id, () => commands.execute(new SubmitExpenseCommand({ title: 'Taxi', lines: [taxi] })), {
        ...GUEST,
        kind: 'user',
        userId: buyer,
        tenantId: id,
      });
      const read = 'select state from organizations.expenses where tenant_id = $1';
      expect(await stateAt(72 * 3_600 - 300, id, read)).toBe('submitted');
      expect(await stateAt(72 * 3_600 + 300, id, read)).toBe('expired');
    });
  });

  it('change name and settings', async () => {
    const { id } = await create('Before');
    await asTenant(id, () =>
      commands.execute(new ChangeOrganizationCommand({ name: 'After', settings: { currency: 'EUR', locale: 'de' } })),
    );
    await asTenant(id, () => commands.execute(new ChangeOrganizationCommand({ settings: { locale: null } })));
    expect(await asTenant(id, () => queries.execute(new OrganizationDetailsQuery()))).toMatchObject({
      name: 'After',
      settings: { currency: 'EUR' },
    });
    await expect(asTenant(newId(), () => queries.execute(new OrganizationDetailsQuery()))).rejects.toThrow(
      'organizations.organization-not-found',
    );
  });
});
