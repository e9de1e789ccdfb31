import type { Provider, Type } from '@nestjs/common';
import { AssignRolesHandler } from './commands/assign-roles';
import { GrantHandler, RevokeGrantHandler } from './commands/grant';
import { PolicyLock } from './commands/policy-lock';
import { ChangeRoleHandler, CreateRoleHandler, DeleteRoleHandler } from './commands/write-role';
import { GrantRepository } from './data/grant.repository';
import { RightsRepository } from './data/rights.repository';
import { RoleRepository } from './data/role.repository';
import { Grant } from './domain/grant';
import { Role } from './domain/role';
import { AuthzController } from './http/authz.controller';
import { GrantsController } from './http/grants.controller';
import { RolesController } from './http/roles.controller';
import { ExplainHandler } from './queries/explain';
import { JudgeRolesHandler, RequireRolesHandler, RequireTeamHandler } from './queries/give-roles';
import { FindGrantHandler, ListGrantsHandler } from './queries/grants';
import { MayUserHandler } from './queries/may-user';
import { FindRoleHandler, ListRolesHandler } from './queries/roles';
import { ExpireGrant } from './reactions/expire-grant';
import {
  NoteMemberWhenJoined,
  NoteMemberWhenRoleChanged,
  RevokeGrantsWhenMemberRemoved,
  RevokeGrantsWhenTeamRemoved,
} from './reactions/follow-membership';
import { AccessReportHandler } from './queries/access-report';
import { AccessReviewHandler } from './queries/access-review';
import { StandingRepository } from './data/standing.repository';

/** The part of identity that says who may do what: roles, grants, decisions. */
export const AUTHORIZATION: { entities: Type[]; controllers: Type[]; providers: Provider[] } = {
  entities: [Role, Grant],
  controllers: [RolesController, GrantsController, AuthzController],
  providers: [
    GrantRepository,
    RightsRepository,
    RoleRepository,
    AssignRolesHandler,
    GrantHandler,
    RevokeGrantHandler,
    PolicyLock,
    ChangeRoleHandler,
    CreateRoleHandler,
    DeleteRoleHandler,
    JudgeRolesHandler,
    RequireRolesHandler,
    ExpireGrant,
    StandingRepository,
    NoteMemberWhenJoined,
    NoteMemberWhenRoleChanged,
    RevokeGrantsWhenMemberRemoved,
    RevokeGrantsWhenTeamRemoved,
    AccessReviewHandler,
    AccessReportHandler,
    RequireTeamHandler,
    ExplainHandler,
    MayUserHandler,
    FindGrantHandler,
    ListGrantsHandler,
    FindRoleHandler,
    ListRolesHandler,
  ],
};
