import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { newId } from '../../../kernel/ids/ids';
import { RequireTeamQuery } from '../../identity/contracts/give-roles';
import { TeamRemoved } from '../contracts/organization-events';
import { Member } from '../domain/member';
import { memberNotFound, teamNameTaken, teamNotFound } from '../domain/organizations.errors';
import { nameKey, Team } from '../domain/team';
import { teamView, type TeamView } from '../queries/teams';

/** Makes a team. @throws AppError conflict `organizations.team-name-taken` */
export class CreateTeamCommand extends Command<TeamView> {
  constructor(readonly team: { name: string; description?: string | null }) {
    super();
  }
}

@CommandHandler(CreateTeamCommand)
export class CreateTeamHandler implements ICommandHandler<CreateTeamCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly limits: ResourceLimits,
  ) {}

  async execute({ team: wanted }: CreateTeamCommand): Promise<TeamView> {
    return this.uow.run(async (tx) => {
      const team = Team.create(wanted);
      await this.limits.assertWithin(tx, 'teams');
      await lockName(tx, team.nameKey);
      const inserted = await tx.execute(
        `insert into organizations.teams (tenant_id, id, name, name_key, description, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, kernel.now(), kernel.now(), 1) on conflict (tenant_id, name_key) do nothing`,
        [tx.tenantId, team.id, team.name, team.nameKey, team.description],
      );
      if (inserted === 0) throw teamNameTaken();
      return teamView(tx, team.id);
    });
  }
}

/** Changes name or description of a team. */
export class ChangeTeamCommand extends Command<TeamView> {
  constructor(
    readonly teamId: string,
    readonly changes: { name?: string; description?: string | null },
  ) {
    super();
  }
}

@CommandHandler(ChangeTeamCommand)
export class ChangeTeamHandler implements ICommandHandler<ChangeTeamCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ teamId, changes }: ChangeTeamCommand): Promise<TeamView> {
    return this.uow.run(async (tx) => {
      const { name, description } = changes;
      if (name !== undefined) await lockName(tx, nameKey(name));
      const team = await lockTeam(tx, teamId);
      if (name !== undefined) {
        const others = await tx.query(
          'select id from organizations.teams where tenant_id = $1 and name_key = $2 and id <> $3',
          [tx.tenantId, nameKey(name), team.id],
        );
        if (others.length > 0) throw teamNameTaken();
        team.rename(name);
      }
      if (description !== undefined) team.description = description;
      await tx.store.update(team);
      return teamView(tx, team.id);
    });
  }
}

/** Removes a team with what it gave its members; the members stay. */
export class RemoveTeamCommand extends Command<void> {
  constructor(readonly teamId: string) {
    super();
  }
}

@CommandHandler(RemoveTeamCommand)
export class RemoveTeamHandler implements ICommandHandler<RemoveTeamCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
  ) {}

  async execute({ teamId }: RemoveTeamCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const team = await lockTeam(tx, teamId);
      await this.queries.execute(new RequireTeamQuery(team.id));
      await tx.store.remove(team);
      tx.record(new TeamRemoved(team.id, { teamId: team.id }));
    });
  }
}

/** Puts a member into a team or takes it out; either twice is no error. Rights through the team change at once. */
export class ChangeTeamMemberCommand extends Command<void> {
  constructor(
    readonly teamId: string,
    readonly memberId: string,
    readonly belongs: boolean,
  ) {
    super();
  }
}

@CommandHandler(ChangeTeamMemberCommand)
export class ChangeTeamMemberHandler implements ICommandHandler<ChangeTeamMemberCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
  ) {}

  async execute({ teamId, memberId, belongs }: ChangeTeamMemberCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const member = await tx.store.load(Member, memberId, { lock: 'share' });
      const team = await tx.store.load(Team, teamId, { lock: 'share' });
      if (!team) throw teamNotFound();
      if (!member) throw memberNotFound();
      const changed = belongs
        ? await tx.execute(
            `insert into organizations.team_members (tenant_id, id, team_id, member_id, user_id, joined_at)
             values ($1, $2, $3, $4, $5, kernel.now()) on conflict (tenant_id, team_id, member_id) do nothing`,
            [tx.tenantId, newId(), team.id, member.id, member.userId],
          )
        : await tx.execute(
            'delete from organizations.team_members where tenant_id = $1 and team_id = $2 and member_id = $3',
            [tx.tenantId, team.id, member.id],
          );
      // Raises the version of the policies; nobody gives or takes, through a team, what they do not hold.
      if (changed > 0) await this.queries.execute(new RequireTeamQuery(team.id));
    });
  }
}

async function lockTeam(tx: Transaction, id: string): Promise<Team> {
  const team = await tx.store.load(Team, id);
  if (!team) throw teamNotFound();
  return team;
}

/** Two teams that want one name take turns, before their rows are touched. */
const lockName = (tx: Transaction, key: string): Promise<unknown> =>
  tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`organizations.team ${tx.tenantId} ${key}`]);
