import { CommandBus } from '@nestjs/cqrs';
import { ChangePlanCommand } from '../../src/access/organizations/commands/operate-organizations';
import { RemoveMemberCommand } from '../../src/access/organizations/commands/manage-organization';
import { CreateTeamCommand } from '../../src/access/organizations/commands/manage-teams';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import { AcceptInvitationCommand } from '../../src/access/organizations/contracts/invitations';
import { Invitation } from '../../src/access/organizations/domain/invitation';
import { clock } from '../../src/kernel/clock/clock';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { asTenant, type TestApp } from '../support/app';

const create = (app: TestApp): Promise<string> =>
  asTenant(PLATFORM_TENANT, async () => {
    const made = await app
      .get(CommandBus)
      .execute(new CreateOrganizationCommand({ name: `Raced ${newId()}`, ownerUserId: newId() }));
    return made.id;
  });

/** Two owners remove each other at the same moment: organizations without an owner afterwards, and removals refused. */
export async function raceOwners(app: TestApp, rounds: number): Promise<{ ownerless: number; refused: number }> {
  const commands = app.get(CommandBus);
  let [ownerless, refused] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const id = await create(app);
    await asTenant(id, () => commands.execute(new AddMemberCommand({ tenantId: id, userId: newId(), role: 'owner' })));
    const owners = (): Promise<{ id: string }[]> =>
      app
        .get(Database)
        .readAs(id, `select id from organizations.members where tenant_id = $1 and role = 'owner'`, [id]);
    const removals = (await owners()).map((member) =>
      asTenant(id, () => commands.execute(new RemoveMemberCommand(member.id))),
    );
    refused += (await Promise.allSettled(removals)).filter(({ status }) => status === 'rejected').length;
    if ((await owners()).length === 0) ownerless += 1;
  }
  return { ownerless, refused };
}

/** Twelve teams are made at the same moment where the plan allows three, in each of `rounds`: the most that were made. */
export async function raceTeams(app: TestApp, rounds: number): Promise<{ teams: number }> {
  const commands = app.get(CommandBus);
  let teams = 0;
  for (let round = 0; round < rounds; round++) {
    const id = await create(app);
    await asTenant(PLATFORM_TENANT, () => commands.execute(new ChangePlanCommand(id, 'custom', { teams: 3 })));
    const made = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) =>
        asTenant(id, () => commands.execute(new CreateTeamCommand({ name: `Team ${n}` }))),
      ),
    );
    teams = Math.max(teams, made.filter(({ status }) => status === 'fulfilled').length);
  }
  return { teams };
}

/**
 * Twenty accounts whose proven address is that of one invitation use its token at the same moment, in each of `rounds`:
 * how many were let in, and how many are members afterwards.
 */
export async function raceInvitation(app: TestApp, rounds: number): Promise<{ accepted: number; members: number }> {
  const [accepted, members] = [[] as number[], [] as number[]];
  for (let round = 0; round < rounds; round++) {
    const id = await create(app);
    const emails = [`raced-${newId()}@example.org`];
    const token = await asTenant(id, () =>
      app.get(UnitOfWork).run(async (tx) => {
        const invitation = Invitation.make(emails[0]);
        const made = invitation.offer(id, 'staff', null, clock.now());
        await tx.store.save(invitation);
        return made;
      }),
    );
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        asTenant(id, () => app.get(CommandBus).execute(new AcceptInvitationCommand(token, { id: newId(), emails }))),
      ),
    );
    accepted.push(tries.filter(({ status }) => status === 'fulfilled').length);
    const rows = await app
      .get(Database)
      .readAs(id, `select 1 from organizations.members where tenant_id = $1 and role = 'staff'`, [id]);
    members.push(rows.length);
  }
  return { accepted: Math.max(...accepted), members: Math.max(...members) };
}
