import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AddMemberHandler } from './commands/add-member';
import { CreateOrganizationHandler } from './commands/create-organization';
import {
  ChangeMemberRoleHandler,
  ChangeOrganizationHandler,
  RemoveMemberHandler,
} from './commands/manage-organization';
import { Member } from './domain/member';
import { Organization } from './domain/organization';
import { MembersController } from './http/members.controller';
import { OrganizationsController } from './http/organizations.controller';
import { FindOrganizationHandler, MembershipsOfUserHandler } from './queries/find-organizations';
import { ListMembersHandler } from './queries/list-members';
import { MembersByRoleHandler } from './queries/members-by-role';
import { OrganizationDetailsHandler } from './queries/organization-details';

/** Tenants, their public addresses and their members. */
@Module({
  imports: [TypeOrmModule.forFeature([Organization, Member])],
  controllers: [OrganizationsController, MembersController],
  providers: [
    CreateOrganizationHandler,
    ChangeOrganizationHandler,
    AddMemberHandler,
    ChangeMemberRoleHandler,
    RemoveMemberHandler,
    FindOrganizationHandler,
    MembershipsOfUserHandler,
    MembersByRoleHandler,
    ListMembersHandler,
    OrganizationDetailsHandler,
  ],
})
export class OrganizationsModule {}
