import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ChangeTeamCommand,
  ChangeTeamMemberCommand,
  CreateTeamCommand,
  RemoveTeamCommand,
} from '../commands/manage-teams';
import { ListTeamMembersQuery, ListTeamsQuery } from '../queries/teams';
import { ChangeTeamBody, CreateTeamBody, TeamMemberView, TeamView } from './teams.dto';

@ApiTags('organizations')
@Controller('teams')
export class TeamsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Sorts: `name`, `createdAt`. */
  @Get()
  @Allow('members:read')
  @ApiOperation({ operationId: 'listTeams', summary: 'Teams of the organization' })
  @ApiOkResponse({ type: pageOf(TeamView) })
  list(@Query() list: ListQuery): Promise<Page<TeamView>> {
    return this.queries.execute(new ListTeamsQuery(list));
  }

  @Post()
  @Allow('members:write')
  @Problems('organizations.team-name-taken', { 'plan.limit-reached': 403 })
  @ApiOperation({ operationId: 'createTeam', summary: 'Make a team' })
  create(@Body() body: CreateTeamBody): Promise<TeamView> {
    return this.commands.execute(new CreateTeamCommand(body));
  }

  @Patch(':id')
  @Allow('members:write')
  @Problems('organizations.team-not-found', 'organizations.team-name-taken')
  @ApiOperation({ operationId: 'changeTeam', summary: 'Change name or description of a team' })
  change(@IdParam() id: string, @Body() body: ChangeTeamBody): Promise<TeamView> {
    return this.commands.execute(new ChangeTeamCommand(id, body));
  }

  /** What was granted to the team is lost to its members at once; they stay members of the organization. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.team-not-found')
  @ApiOperation({ operationId: 'removeTeam', summary: 'Remove a team' })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveTeamCommand(id));
  }

  @Get(':id/members')
  @Allow('members:read')
  @Problems('organizations.team-not-found')
  @ApiOperation({ operationId: 'listTeamMembers', summary: 'Members of a team' })
  @ApiOkResponse({ type: pageOf(TeamMemberView) })
  members(@IdParam() id: string, @Query() list: ListQuery): Promise<Page<TeamMemberView>> {
    return this.queries.execute(new ListTeamMembersQuery(id, list));
  }

  /** Rights that the team has hold for the member at once. Twice is no error. */
  @Put(':id/members/:memberId')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.team-not-found', 'organizations.member-not-found')
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'addTeamMember', summary: 'Put a member into a team' })
  async add(@IdParam() id: string, @IdParam('memberId') memberId: string): Promise<void> {
    await this.commands.execute(new ChangeTeamMemberCommand(id, memberId, true));
  }

  @Delete(':id/members/:memberId')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.team-not-found', 'organizations.member-not-found')
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'removeTeamMember', summary: 'Take a member out of a team' })
  async take(@IdParam() id: string, @IdParam('memberId') memberId: string): Promise<void> {
    await this.commands.execute(new ChangeTeamMemberCommand(id, memberId, false));
  }
}
