import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { skewed } from '../support/skew';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { AssignRolesCommand } from '../../src/access/identity/commands/assign-roles';
import { GrantCommand, RevokeGrantCommand } from '../../src/access/identity/commands/grant';
import { CreateRoleCommand, ChangeRoleCommand, DeleteRoleCommand } from '../../src/access/identity/commands/write-role';
import { AccessReportQuery } from '../../src/access/identity/contracts/access-report';
import { AccessReviewQuery } from '../../src/access/identity/contracts/access-review';
import { CreateUserCommand } from '../../src/access/identity/contracts/create-user';
import { JudgeRolesQuery } from '../../src/access/identity/contracts/give-roles';
import { MayUserQuery } from '../../src/access/identity/contracts/may-user';
import { policyOfRights, RightsRepository } from '../../src/access/identity/data/rights.repository';
import type { GrantTerms } from '../../src/access/identity/domain/grant';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import { RemoveMemberCommand } from '../../src/access/organizations/commands/manage-organization';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { decide } from '../../src/kernel/auth/policy';
import { AccessFacts } from '../../src/kernel/auth/ports';
import { circumstancesOf, GUEST, hasPermission, SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { AuthVersions } from '../../src/kernel/auth/versions';
import { clock } from '../../src/kernel/clock/clock';
import { currentContext, PLATFORM_TENANT, runInContext } from '../../src/kernel/context/request-context';
import type { Ask } from '../../src/kernel/database/batch-query';
import { Database, tenantStatement } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { ListQuery } from '../../src/kernel/http/pagination';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';

describe('authorization', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let tenant: string;
  let owner: string;

  beforeAll(async () => {
    app = await testApp([IdentityModule, OrganizationsModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
  });
  afterAll(() => app.close());
  afterEach(() => clock.setOffset(0));
  beforeEach(async () => {
    owner = newId();
    const made = await asTenant(PLATFORM_TENANT, () =>
      commands.execute(new CreateOrganizationCommand({ name: 'Rights', ownerUserId: owner })),
    );
    tenant = made.id;
  });

  const within = <T>(work: () => Promise<T>, principal: Principal = SYSTEM): Promise<T> =>
    asTenant(tenant, work, principal);
  const join = async (role = 'user'): Promise<{ userId: string; memberId: string }> => {
    const userId = newId();
    const { memberId } = await within(() => commands.execute(new AddMemberCommand({ tenantId: tenant, userId, role })));
    return { userId, memberId };
  };
  const terms = (userId: string, more: Partial<GrantTerms>): GrantTerms => ({
    subject: { type: 'user', id: userId },
    role: null,
    permission: null,
    effect: 'allow',
    resource: null,
    condition: null,
    validFrom: null,
    validTo: null,
    reason: '',
    ...more,
  });
  const grant = (userId: string, more: Partial<GrantTerms>, by?: Principal) =>
    within(() => commands.execute(new GrantCommand(terms(userId, more))), by);
  const rightsOf = (userId: string) => app.get(RightsRepository).ofMember(tenant, userId);
  const may = async (userId: string, permission: string): Promise<boolean> =>
    decide(policyOfRights(await rightsOf(userId)), permission, { ...circumstancesOf(GUEST), userId });
  /** The caller as the guard would have made it. */
  const principalOf = async (userId: string): Promise<Principal> => {
    const rights = await rightsOf(userId);
    const { version, standing } = rights;
    const base = { ...GUEST, kind: 'user' as const, userId, tenantId: tenant, sessionId: newId() };
    return { ...base, policyVersion: version, roles: [standing!.role], policy: policyOfRights(rights) };
  };
  const events = (type: string) =>
    app
      .get(Database)
      .readAs<{ payload: Record<string, unknown> }>(
        tenant,
        `select payload from kernel.events where tenant_id = $1 and type = $2 order by at, id`,
        [tenant, type],
      );

  it('reads all that a decision about a caller needs in one trip', async () => {
    const { userId } = await within(() =>
      commands.execute(new CreateUserCommand({ email: `${newId()}@example.com`, name: 'One Trip' })),
    );
    await within(() => commands.execute(new AddMemberCommand({ tenantId: tenant, userId, role: 'user' })));
    const { id } = await within(() =>
      commands.execute(new CreateRoleCommand({ name: 'R', key: 'r-one', permissions: ['orders:read'], inherits: [] })),
    );
    expect(id).toBeDefined();
    await grant(userId, { role: 'r-one' });
    const sid = newId();
    await asTenant(PLATFORM_TENANT, () =>
      app.get(UnitOfWork).run((tx) =>
        tx.execute(
          `insert into identity.sessions (id, user_id, organization_id, amr, auth_time, created_at, last_seen_at, idle_expires_at, absolute_expires_at)
           values ($1, $2, $3, '{pwd}', kernel.now(), kernel.now(), kernel.now(), kernel.now() + interval '1 day', kernel.now() + interval '1 day')`,
          [sid, userId, tenant],
        ),
      ),
    );
    const claims = { iss: '', aud: '', sub: userId, sid, tid: tenant, sv: 0, jti: '', exp: 0, iat: 0 };
    for (let round = 0; round < 2; round++) {
      const sql = { trips: 0, statements: 0, commits: 0, milliseconds: 0 };
      const principal = await runInContext({ tenantId: null, principal: GUEST, requestId: newId(), sql }, () =>
        app.get(AccessFacts).principalOf(claims),
      );
      expect([sql.trips, principal.roles, hasPermission(principal, 'orders:read')]).toEqual([1, ['user'], true]);
    }
  });

  it('ends grants by the clock, and says so when the timer comes by', async () => {
    const { userId } = await join();
    const validTo = new Date(clock.nowMs() + 3_600_000);
    await grant(userId, { permission: 'orders:read', validFrom: new Date(clock.nowMs() + 60_000), validTo });
    const policy = policyOfRights(await rightsOf(userId));
    const at = (seconds: number): boolean => {
      clock.setOffset(seconds);
      return decide(policy, 'orders:read', circumstancesOf(GUEST));
    };
    // One compiled policy, whatever the time.
    expect([at(0), at(61), at(3_599), at(3_601), at(61)]).toEqual([false, true, true, false, true]);
    clock.setOffset(3_601);
    expect((await rightsOf(userId)).grants).toEqual([]);
    expect(await events('identity.grant-expired.v1')).toEqual([]);
    const { version } = await rightsOf(userId);
    await app.get(DeliveryWorker).drain();
    expect(await events('identity.grant-expired.v1')).toEqual([
      { payload: expect.objectContaining({ subjectId: userId, permission: 'orders:read' }) as object },
    ]);
    expect((await rightsOf(userId)).version).toBe(version + 1);
  });

  it.each([60, -60])('says that a grant ended, the clock of this process being %s s ahead', async (seconds) => {
    const { userId } = await join();
    await grant(userId, { permission: 'orders:read', validTo: new Date(clock.nowMs() + 3_600_000) });
    const saidAt = async (time: number): Promise<number> => {
      clock.setOffset(time);
      await skewed(seconds, () => app.get(DeliveryWorker).drain());
      return (await events('identity.grant-expired.v1')).length;
    };
    expect([await saidAt(3_570), await saidAt(3_630)]).toEqual([0, 1]);
  });

  it('sets the roles of a member: one in the organization, the others by grant', async () => {
    const { userId } = await join('user');
    await within(() =>
      commands.execute(
        new CreateRoleCommand({ name: 'N', key: 'night', permissions: ['inventory:read'], inherits: [] }),
      ),
    );
    const assign = (...roles: string[]) => within(() => commands.execute(new AssignRolesCommand(userId, roles)));
    expect(await assign('user', 'night', 'developer')).toEqual({ userId, roles: ['user', 'night', 'developer'] });
    expect(await may(userId, 'inventory:read')).toBe(true);
    const temporary = await grant(userId, { role: 'staff', validTo: new Date(clock.nowMs() + 60_000) });
    expect(await assign('trainer')).toEqual({ userId, roles: ['trainer'] });
    const { standing, grants } = await rightsOf(userId);
    expect([standing?.role, grants.map(({ id }) => id)]).toEqual(['trainer', [temporary.id]]);
    expect(await assign('night', 'trainer')).toEqual({ userId, roles: ['trainer', 'night'] });
    await expect(assign('nobody')).rejects.toMatchObject({ code: 'identity.unknown-name' });
    await expect(assign('staff', 'owner')).rejects.toMatchObject({ code: 'identity.owner-by-membership' });
    await expect(assign()).rejects.toMatchObject({ kind: 'invalid' });
    const stranger = new AssignRolesCommand(newId(), ['staff']);
    await expect(within(() => commands.execute(stranger))).rejects.toMatchObject({ code: 'identity.member-not-found' });
    const admin = await principalOf((await join('admin')).userId);
    await expect(
      within(() => commands.execute(new AssignRolesCommand(userId, ['owner'])), admin),
    ).rejects.toMatchObject({
      code: 'organizations.owners-only',
    });
    const staff = await principalOf((await join('staff')).userId);
    const demote = new AssignRolesCommand(admin.userId!, ['user']);
    await expect(within(() => commands.execute(demote), staff)).rejects.toMatchObject({
      code: 'identity.not-yours-to-give',
    });
  });

  it('judges what others may give, for invitations that are accepted later', async () => {
    const { userId } = await join('staff');
    const judge = (giver: string, ...roles: string[]) =>
      within(() => queries.execute(new JudgeRolesQuery(roles, giver)));
    expect(await judge(userId, 'customer', 'moon')).toEqual({ unknown: ['moon'], missing: [] });
    expect((await judge(userId, 'admin')).missing).toContain('members:write');
    expect((await judge(owner, 'owner')).missing).toEqual([]);
    expect((await judge(newId(), 'customer')).missing).toContain('organizations:read');
  });

  it('judges who is not here, by what is granted without a look at a request', async () => {
    const email = `${newId()}@example.com`;
    const { userId } = await within(() => commands.execute(new CreateUserCommand({ email, name: 'Away' })));
    const judge = () => within(() => queries.execute(new MayUserQuery(userId, 'chat:write-own')));
    expect(await judge()).toBe(false);
    await within(() => commands.execute(new AddMemberCommand({ tenantId: tenant, userId, role: 'staff' })));
    expect(await judge()).toBe(true);
    await grant(userId, { permission: 'chat:write-own', effect: 'deny' });
    expect(await judge()).toBe(false);
  });

  it('lets a write begin anew when others’ rights changed, and not when the caller’s own did', async () => {
    const staff = await principalOf((await join('staff')).userId);
    const session = staff.sessionId!;
    const other = await join();
    const facts = (): Promise<Principal> => principalOf(staff.userId!).then((one) => ({ ...one, sessionId: session }));
    const write = (principal: Principal): Promise<number> => {
      const seen: Principal[] = [];
      const renew = async (ask: Ask): Promise<Principal> => {
        // Whoever asks names the tenant of what it asks for, which may be another than that of the write.
        await ask([tenantStatement(PLATFORM_TENANT)]);
        const fresh = await facts();
        if (fresh.policy.always.size !== principal.policy.always.size) {
          throw Object.assign(new Error('rights'), { code: 'auth.rights-changed' });
        }
        return fresh;
      };
      return runInContext({ tenantId: tenant, principal, requestId: newId(), renew }, () =>
        app.get(UnitOfWork).run(async (tx) => {
          seen.push(currentContext().principal);
          expect(await tx.query('select kernel.tenant_id() as id')).toEqual([{ id: tenant }]);
          return seen[0].policyVersion;
        }),
      );
    };
    expect(await write(staff)).toBe(staff.policyVersion);
    await grant(other.userId, { permission: 'orders:read' });
    expect(await write(staff)).toBe(staff.policyVersion + 1);
    await grant(staff.userId!, { permission: 'orders:*', effect: 'deny' });
    await expect(write(staff)).rejects.toMatchObject({ code: 'auth.rights-changed' });
  });

  it('gives nothing that was lost while the giver’s request ran', async () => {
    const { userId } = await join('staff');
    await grant(userId, { permission: 'grants:write' });
    const giver = await principalOf(userId);
    const target = await join();
    await grant(userId, { permission: 'orders:*', effect: 'deny' });
    // The guard let it in by the rights of before.
    await expect(
      grant(target.userId, { permission: 'orders:read' }, { ...giver, sessionId: null }),
    ).rejects.toMatchObject({
      code: 'auth.rights-changed',
    });
    expect(await may(target.userId, 'orders:read')).toBe(false);
  });

  it('takes many changes at once, one after the other', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => join()));
    const giver = await principalOf(owner);
    const before = (await rightsOf(owner)).version;
    // No session: nothing is checked with BEGIN, so that all of them meet at the lock.
    await Promise.all(
      people.map(({ userId }) => grant(userId, { permission: 'orders:read' }, { ...giver, sessionId: null })),
    );
    expect((await rightsOf(owner)).version).toBe(before + people.length);
    for (const { userId } of people) expect(await may(userId, 'orders:read')).toBe(true);
  });

  it('leaves no grants behind for who comes back', async () => {
    const { userId, memberId } = await join('staff');
    await grant(userId, { permission: 'roles:write' });
    expect(await may(userId, 'roles:write')).toBe(true);
    await within(() => commands.execute(new RemoveMemberCommand(memberId)));
    expect(await may(userId, 'roles:write')).toBe(false);
    await app.get(DeliveryWorker).drain();
    await within(() => commands.execute(new AddMemberCommand({ tenantId: tenant, userId, role: 'user' })));
    expect(await may(userId, 'roles:write')).toBe(false);
    expect((await rightsOf(userId)).grants).toEqual([]);
    expect((await events('identity.grant-changed.v1')).map(({ payload }) => payload.change)).toEqual([
      'granted',
      'revoked',
    ]);
  });

  it.each([60, -60])('ends grants with their membership alone, the clock being %s s ahead', async (seconds) => {
    const { userId, memberId } = await join('staff');
    const give = () => skewed(seconds, () => grant(userId, { permission: 'roles:write' }));
    await give();
    await skewed(seconds, () => within(() => commands.execute(new AssignRolesCommand(userId, ['staff', 'developer']))));
    await within(() => commands.execute(new RemoveMemberCommand(memberId)));
    await within(() => commands.execute(new AddMemberCommand({ tenantId: tenant, userId, role: 'user' })));
    const { id } = await give();
    await app.get(DeliveryWorker).drain();
    expect((await rightsOf(userId)).grants.map((one) => one.id)).toEqual([id]);
  });

  it('answers who had access to what, and when', async () => {
    const start = clock.nowMs();
    const at = async (seconds: number): Promise<string[]> => {
      const { data } = await within(() =>
        queries.execute(
          new AccessReviewQuery({ permission: 'inventory:write', at: new Date(start + seconds * 1_000) }),
        ),
      );
      return data
        .map(({ subject, path, effect }) => `${subject.id === owner ? 'owner' : 'pat'} ${effect} ${path.join('>')}`)
        .sort();
    };
    /** Counted from the start, however long the steps before it took. */
    const step = async (seconds: number, work: () => Promise<unknown>): Promise<void> => {
      clock.setOffset(seconds - (Date.now() - start) / 1_000);
      await work();
      await app.get(DeliveryWorker).drain();
    };
    await app.get(DeliveryWorker).drain();
    const { userId, memberId } = await join('user');
    let role = '';
    let given = '';
    await step(100, async () => {
      const wish = { name: 'S', key: 'shift', permissions: ['inventory:write'], inherits: [] };
      role = (await within(() => commands.execute(new CreateRoleCommand(wish)))).id;
      given = (await grant(userId, { role: 'shift' })).id;
    });
    await step(200, () =>
      within(() => commands.execute(new ChangeRoleCommand(role, { permissions: ['orders:read'] }))),
    );
    await step(300, () =>
      within(() => commands.execute(new ChangeRoleCommand(role, { permissions: [], inherits: ['staff'] }))),
    );
    await step(400, () => within(() => commands.execute(new RevokeGrantCommand(given))));
    await step(450, () => within(() => commands.execute(new DeleteRoleCommand(role))));
    await step(500, () => within(() => commands.execute(new AssignRolesCommand(userId, ['staff']))));
    await step(600, () => within(() => commands.execute(new RemoveMemberCommand(memberId))));
    expect(await at(-10)).toEqual([]);
    expect(await at(50)).toEqual(['owner allow owner']);
    expect(await at(150)).toEqual(['owner allow owner', 'pat allow shift']);
    expect(await at(250)).toEqual(['owner allow owner']);
    expect(await at(350)).toEqual(['owner allow owner', 'pat allow shift>staff']);
    expect(await at(425)).toEqual(['owner allow owner']);
    expect(await at(550)).toEqual(['owner allow owner', 'pat allow staff']);
    expect(await at(650)).toEqual(['owner allow owner']);
    const now = await within(() => queries.execute(new AccessReviewQuery({ subject: { type: 'user', id: owner } })));
    expect(now.data.length).toBeGreaterThan(20);
    // The same as a report over a period: every way with the times at which it gave something.
    const report = async (from: number, to: number, list: Partial<ListQuery> = {}) =>
      (
        await within(() =>
          queries.execute(
            new AccessReportQuery(
              {
                permission: 'inventory:*',
                userId,
                from: new Date(start + from * 1_000),
                to: new Date(start + to * 1_000),
              },
              Object.assign(new ListQuery(), list),
            ),
          ),
        )
      ).data.flatMap(({ by, role: key, spans }) =>
        spans.map(({ from: since, to: until, permissions }) => {
          // To tens: a slow machine takes a moment from setting the clock to the change.
          const second = (time: Date): number => Math.floor((time.getTime() - start) / 10_000) * 10;
          return `${by} ${key} ${second(since)}-${second(until)} ${permissions.join(' ')}`;
        }),
      );
    const both = 'inventory:read inventory:write';
    expect((await report(50, 700)).sort()).toEqual([
      'grant shift 100-200 inventory:write',
      `grant shift 300-400 ${both}`,
      `membership staff 500-600 ${both}`,
    ]);
    expect(await report(350, 350)).toEqual([`grant shift 350-350 ${both}`]);
    expect(await report(420, 480)).toEqual([]);
  });

  it('tells every process of a change with the commit', async () => {
    const heard: string[] = [];
    const stop = app.get(AuthVersions).onChange((id) => heard.push(id));
    const { userId } = await join();
    await grant(userId, { permission: 'orders:read' });
    stop();
    expect(heard).toContain(tenant);
  });
});
