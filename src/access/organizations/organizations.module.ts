import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AddMemberHandler } from './commands/add-member';
import { CreateOrganizationHandler } from './commands/create-organization';
import {
  ChangeMemberRoleHandler,
  ChangeOrganizationHandler,
  RemoveMemberHandler,
} from './commands/manage-organization';
import {
  ChangeTeamHandler,
  ChangeTeamMemberHandler,
  CreateTeamHandler,
  RemoveTeamHandler,
} from './commands/manage-teams';
import { Member } from './domain/member';
import { Organization } from './domain/organization';
import { Team } from './domain/team';
import { MembersController } from './http/members.controller';
import { OrganizationsController } from './http/organizations.controller';
import { TeamsController } from './http/teams.controller';
import { FindOrganizationHandler, MembershipsOfUserHandler } from './queries/find-organizations';
import { ListMembersHandler } from './queries/list-members';
import { MembersByRoleHandler } from './queries/members-by-role';
import { OrganizationDetailsHandler } from './queries/organization-details';
import { ListTeamMembersHandler, ListTeamsHandler, TeamsOfUserHandler } from './queries/teams';

/** Tenants, their public addresses and their members. */
@Module({
  imports: [TypeOrmModule.forFeature([Organization, Member, Team])],
  controllers: [OrganizationsController, MembersController, TeamsController],
  providers: [
    CreateOrganizationHandler,
    ChangeOrganizationHandler,
    AddMemberHandler,
    ChangeMemberRoleHandler,
    RemoveMemberHandler,
    CreateTeamHandler,
    ChangeTeamHandler,
    RemoveTeamHandler,
    ChangeTeamMemberHandler,
    ListTeamsHandler,
    ListTeamMembersHandler,
    TeamsOfUserHandler,
    FindOrganizationHandler,
    MembershipsOfUserHandler,
    MembersByRoleHandler,
    ListMembersHandler,
    OrganizationDetailsHandler,
  ],
})
export class OrganizationsModule {}
