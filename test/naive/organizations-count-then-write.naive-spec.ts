import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { AcceptInvitationHandler } from '../../src/access/organizations/commands/accept-invitation';
import { RemoveMemberCommand, RemoveMemberHandler } from '../../src/access/organizations/commands/manage-organization';
import { CreateTeamCommand, CreateTeamHandler } from '../../src/access/organizations/commands/manage-teams';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { AcceptInvitationCommand, type AcceptedInvitation } from '../../src/access/organizations/contracts/invitations';
import type { MemberRole } from '../../src/access/organizations/contracts/roles';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import type { TeamView } from '../../src/access/organizations/queries/teams';
import { sha256 } from '../../src/kernel/crypto/hashing';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { raceInvitation, raceOwners, raceTeams } from '../scenarios/organization-races';
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

/** Looks whether the invitation is open, then notes that it is used and lets the user in. */
@CommandHandler(AcceptInvitationCommand)
class LookThenAccept implements ICommandHandler<AcceptInvitationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
  ) {}

  async execute({ token, user }: AcceptInvitationCommand): Promise<AcceptedInvitation> {
    return this.uow.run(async (tx) => {
      const [found] = await tx.query<{ id: string; role: MemberRole }>(
        `select id, role from organizations.invitations where tenant_id = $1 and token_hash = $2 and state = 'pending'`,
        [tx.tenantId, sha256(token)],
      );
      if (!found) throw new Error('the invitation is used up');
      await tx.execute(
        `update organizations.invitations set state = 'accepted', accepted_by = $3, settled_at = kernel.now()
         where tenant_id = $1 and id = $2`,
        [tx.tenantId, found.id, user.id],
      );
      const { role } = found;
      const added = await this.commands.execute(new AddMemberCommand({ tenantId: tx.tenantId, userId: user.id, role }));
      return { organization: { id: tx.tenantId, slug: '', name: '' }, memberId: added.memberId, role };
    });
  }
}

describe('naive: count, then write', () => {
  it('must not let two in by one invitation', async () => {
    const app = await testApp([IdentityModule, replaced(OrganizationsModule, AcceptInvitationHandler, LookThenAccept)]);
    try {
      expect(await raceInvitation(app, 3)).toEqual({ accepted: 1, members: 1 });
    } finally {
      await app.close();
    }
  });

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
      expect(await raceTeams(app, 10)).toEqual({ teams: 3 });
    } finally {
      await app.close();
    }
  });
});
