import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../kernel/config/config';
import { domainProofOf } from './adapters/dns-domain-proof';
import { AcceptInvitationHandler, FindInvitationHandler } from './commands/accept-invitation';
import { AddMemberHandler } from './commands/add-member';
import { CreateOrganizationHandler } from './commands/create-organization';
import {
  InvitationMail,
  InviteHandler,
  ResendInvitationHandler,
  RevokeInvitationHandler,
} from './commands/invitations';
import {
  ChangeBrandingHandler,
  ClaimDomainHandler,
  MakeDomainPrimaryHandler,
  RemoveDomainHandler,
} from './commands/manage-branding';
import { SetMemberStatusHandler, TransferOwnershipHandler } from './commands/manage-members';
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
import {
  ChangePlanHandler,
  RequestDeletionHandler,
  SetOrganizationStatusHandler,
  WithdrawDeletionHandler,
} from './commands/operate-organizations';
import { RoleGiver } from './commands/role-giver';
import { VerifyDomainHandler } from './commands/verify-domain';
import { CORPORATE } from './corporate.providers';
import { InvitationRepository } from './data/invitation.repository';
import { PlanEntitlements } from './data/plan-entitlements';
import { DomainName } from './domain/domain-name';
import { DomainProof } from './domain/domain-proof';
import { Invitation } from './domain/invitation';
import { Member } from './domain/member';
import { Organization } from './domain/organization';
import { Team } from './domain/team';
import { BrandingController } from './http/branding.controller';
import { InvitationsController } from './http/invitations.controller';
import { MembersController } from './http/members.controller';
import { OrganizationOperatorsController } from './http/operators.controller';
import { OrganizationsController } from './http/organizations.controller';
import { TeamsController } from './http/teams.controller';
import { VerifyDomain } from './jobs/verify-domain';
import { BrandingHandler, ListDomainsHandler, OriginAllowedHandler, ShownBrandingHandler } from './queries/branding';
import {
  AllOrganizationsHandler,
  FindOrganizationHandler,
  MembershipsOfUserHandler,
} from './queries/find-organizations';
import { ListInvitationsHandler } from './queries/invitations';
import { ListMembersHandler } from './queries/list-members';
import { MemberDirectoryHandler, MemberIdsHandler, MemberUserIdsHandler } from './queries/member-directory';
import { MembersByRoleHandler } from './queries/members-by-role';
import { ListOrganizationsHandler, OrganizationSummaryHandler, UsageHandler } from './queries/operate-organizations';
import { OrganizationDetailsHandler, TimeZoneHandler } from './queries/organization-details';
import { ListTeamMembersHandler, ListTeamsHandler, TeamsOfUserHandler } from './queries/teams';
import { CloseOrganization } from './reactions/close-organization';

/** Tenants: their public addresses, members, teams, invitations, plans and looks. */
@Module({
  imports: [TypeOrmModule.forFeature([Organization, Member, Team, Invitation, DomainName])],
  controllers: [
    OrganizationsController,
    OrganizationOperatorsController,
    MembersController,
    TeamsController,
    InvitationsController,
    BrandingController,
    ...CORPORATE.controllers,
  ],
  providers: [
    { provide: DomainProof, useFactory: domainProofOf, inject: [Config] },
    PlanEntitlements,
    InvitationRepository,
    RoleGiver,
    InvitationMail,
    CreateOrganizationHandler,
    ChangeOrganizationHandler,
    ChangePlanHandler,
    SetOrganizationStatusHandler,
    RequestDeletionHandler,
    WithdrawDeletionHandler,
    CloseOrganization,
    AddMemberHandler,
    ChangeMemberRoleHandler,
    RemoveMemberHandler,
    SetMemberStatusHandler,
    TransferOwnershipHandler,
    InviteHandler,
    ResendInvitationHandler,
    RevokeInvitationHandler,
    AcceptInvitationHandler,
    CreateTeamHandler,
    ChangeTeamHandler,
    RemoveTeamHandler,
    ChangeTeamMemberHandler,
    ChangeBrandingHandler,
    ClaimDomainHandler,
    VerifyDomainHandler,
    MakeDomainPrimaryHandler,
    RemoveDomainHandler,
    VerifyDomain,
    FindOrganizationHandler,
    AllOrganizationsHandler,
    FindInvitationHandler,
    MembershipsOfUserHandler,
    MemberDirectoryHandler,
    MemberIdsHandler,
    MemberUserIdsHandler,
    MembersByRoleHandler,
    TeamsOfUserHandler,
    BrandingHandler,
    ShownBrandingHandler,
    OriginAllowedHandler,
    OrganizationDetailsHandler,
    TimeZoneHandler,
    OrganizationSummaryHandler,
    ListOrganizationsHandler,
    UsageHandler,
    ListMembersHandler,
    ListInvitationsHandler,
    ListTeamsHandler,
    ListTeamMembersHandler,
    ListDomainsHandler,
    ...CORPORATE.providers,
  ],
})
export class OrganizationsModule {}
