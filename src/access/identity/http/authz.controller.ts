import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, Authenticated, CurrentPrincipal } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { Clock } from '../../../kernel/clock/clock';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { AccessReviewQuery } from '../contracts/access-review';
import { reviewOfNothing } from '../domain/grant.errors';
import { PERMISSIONS } from '../domain/permissions';
import { rolesWith } from '../domain/system-roles';
import { ExplainQuery, type Supposed } from '../queries/explain';
import {
  ChecksBody,
  ChecksView,
  ExplainBody,
  ExplanationView,
  PermissionsView,
  type CircumstancesBody,
  AccessReviewView,
  ReviewParams,
} from './authz.dto';

const CATALOGUE: PermissionsView = {
  data: Object.entries(PERMISSIONS).map(([permission, description]) => {
    const [resource, action] = permission.split(':');
    return { permission, resource, action, description, roles: rolesWith(permission) };
  }),
};

@ApiTags('authz')
@Controller('authz')
export class AuthzController {
  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  @Get('permissions')
  @Authenticated()
  @ApiOperation({ operationId: 'listPermissions', summary: 'Every permission, and what it lets one do' })
  permissions(): PermissionsView {
    return CATALOGUE;
  }

  /** For front ends that show only what will work. The answers hold for this moment; each route decides again. */
  @Post('check')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ operationId: 'checkPermissions', summary: 'What you may do, many at once' })
  check(@Body() { checks }: ChecksBody, @CurrentPrincipal() principal: Principal): ChecksView {
    return {
      results: checks.map(({ permission, resource }) => ({
        permission,
        allowed: hasPermission(principal, permission, resource),
      })),
    };
  }

  /** The guard's own decision, with every grant that speaks of it and what is in its way. */
  @Post('explain')
  @HttpCode(200)
  @Authenticated()
  @Problems('identity.subject-not-found', {
    'identity.unknown-name': 400,
    'auth.permission-missing': 403,
    'auth.organization-required': 403,
  })
  @ApiOperation({ operationId: 'explainDecision', summary: 'Why something is allowed or not' })
  explain(@Body() { subject, permission, resource, circumstances }: ExplainBody): Promise<ExplanationView> {
    return this.queries.execute(
      new ExplainQuery({ subject, permission, resource, circumstances: this.supposed(circumstances) }),
    );
  }

  /** Who may do something, or what somebody may do, now or in the past: every way to it, denials too. */
  @Get('review')
  @Allow('authz:explain')
  @RateLimit('heavy')
  @Problems({ 'identity.unknown-name': 400, 'identity.review-of-nothing': 400 })
  @ApiOperation({ operationId: 'reviewAccess', summary: 'Who had access to what, and when' })
  review(@Query() { permission, userId, at }: ReviewParams): Promise<AccessReviewView> {
    if (permission === undefined && userId === undefined) throw reviewOfNothing();
    return this.queries.execute(
      new AccessReviewQuery({
        permission,
        subject: userId === undefined ? undefined : { type: 'user', id: userId },
        at: at === undefined ? undefined : new Date(at),
      }),
    );
  }

  private supposed({ at, ip, country, aal, authAgeSeconds, deviceTrusted }: CircumstancesBody = {}): Supposed {
    const nowMs = at === undefined ? this.clock.nowMs() : Date.parse(at);
    return {
      ...(at === undefined ? {} : { nowMs }),
      ...(ip === undefined ? {} : { ip }),
      ...(country === undefined ? {} : { country }),
      ...(aal === undefined ? {} : { aal }),
      ...(authAgeSeconds === undefined ? {} : { authTimeMs: nowMs - authAgeSeconds * 1_000 }),
      ...(deviceTrusted === undefined ? {} : { deviceTrusted }),
    };
  }
}
