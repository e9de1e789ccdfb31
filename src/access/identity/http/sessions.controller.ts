import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, Authenticated, Public, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { EndMemberSessionsCommand } from '../commands/end-member-sessions';
import { ForgetDeviceCommand, TrustDeviceCommand } from '../commands/manage-devices';
import { ResumeSignInCommand } from '../commands/resume-sign-in';
import { EndOwnSessionsCommand } from '../commands/revoke-sessions';
import { ListDevicesQuery } from '../queries/list-devices';
import { ListMemberSessionsQuery, ListSessionsQuery } from '../queries/list-sessions';
import { TokensView } from './auth.dto';
import {
  DeviceView,
  ListDevicesParams,
  ListSessionsParams,
  ResumeSignInBody,
  RevokedView,
  SessionView,
  TrustDeviceBody,
} from './sessions.dto';

/** A person's own sessions and devices. */
@ApiTags('sessions')
@Controller('sessions')
@Authenticated()
export class SessionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Sorts: `lastSeenAt`, `createdAt`. Sessions in all of your organizations. */
  @Get()
  @ApiOperation({ operationId: 'listSessions', summary: 'Where you are signed in' })
  @ApiOkResponse({ type: pageOf(SessionView) })
  list(@Query() list: ListSessionsParams): Promise<Page<SessionView>> {
    return this.queries.execute(new ListSessionsQuery(list));
  }

  /** The session that asks goes on. */
  @Delete()
  @HttpCode(200)
  @ApiOperation({ operationId: 'endOtherSessions', summary: 'Sign out everywhere else' })
  endOthers(): Promise<RevokedView> {
    return this.commands.execute(new EndOwnSessionsCommand());
  }

  /** Sorts: `lastSeenAt`, `firstSeenAt`. */
  @Get('devices')
  @ApiOperation({ operationId: 'listDevices', summary: 'Devices that you signed in with' })
  @ApiOkResponse({ type: pageOf(DeviceView) })
  devices(@Query() list: ListDevicesParams): Promise<Page<DeviceView>> {
    return this.queries.execute(new ListDevicesQuery(list));
  }

  /** Trust is a fact that conditions of grants may ask for; it lets nobody in. */
  @Patch('devices/:id')
  @HttpCode(204)
  @StepUp({ maxAgeSeconds: 900 })
  @Problems('identity.device-not-found')
  @ApiOperation({ operationId: 'trustDevice', summary: 'Trust a device, or trust it no longer' })
  async trust(@IdParam() id: string, @Body() body: TrustDeviceBody): Promise<void> {
    await this.commands.execute(new TrustDeviceCommand(id, body.trusted));
  }

  /** Its sessions end, and its next sign-in is that of a device that was never seen. */
  @Delete('devices/:id')
  @HttpCode(204)
  @Problems('identity.device-not-found')
  @ApiOperation({ operationId: 'forgetDevice', summary: 'Forget a device and sign it out' })
  async forget(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new ForgetDeviceCommand(id));
  }

  /** Tokens of the session are refused everywhere within five seconds, its sockets closed within two. */
  @Delete(':id')
  @HttpCode(204)
  @Problems('identity.session-not-found')
  @ApiOperation({ operationId: 'endSession', summary: 'Sign out one of your sessions' })
  async end(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new EndOwnSessionsCommand(id));
  }
}

/** A member's sessions, for the administrators of the organization that they work in. */
@ApiTags('sessions')
@Controller('users/:userId/sessions')
export class MemberSessionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Only sessions that work in your organization. Sorts: `lastSeenAt`, `createdAt`. */
  @Get()
  @Allow('sessions:read')
  @Problems('identity.user-not-found')
  @ApiOperation({ operationId: 'listUserSessions', summary: "A member's sessions in the organization" })
  @ApiOkResponse({ type: pageOf(SessionView) })
  list(@IdParam('userId') userId: string, @Query() list: ListSessionsParams): Promise<Page<SessionView>> {
    return this.queries.execute(new ListMemberSessionsQuery(userId, list));
  }

  /** Only sessions that work in your organization. */
  @Delete()
  @HttpCode(200)
  @Allow('sessions:revoke')
  @Problems('identity.user-not-found')
  @ApiOperation({ operationId: 'endUserSessions', summary: 'Sign a member out of the organization everywhere' })
  endAll(@IdParam('userId') userId: string): Promise<RevokedView> {
    return this.commands.execute(new EndMemberSessionsCommand(userId));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('sessions:revoke')
  @Problems('identity.user-not-found', 'identity.session-not-found')
  @ApiOperation({ operationId: 'endUserSession', summary: 'Sign out one session of a member' })
  async end(@IdParam('userId') userId: string, @IdParam() id: string): Promise<void> {
    await this.commands.execute(new EndMemberSessionsCommand(userId, id));
  }
}

/** The second half of a sign-in that found too many sessions open. */
@ApiTags('auth')
@Controller('auth/login/resume')
export class ResumeSignInController {
  constructor(private readonly commands: CommandBus) {}

  /** The ticket of the refused sign-in works once, within five minutes, for the client that signed in. */
  @Post()
  @HttpCode(200)
  @Public({ tenant: 'optional' })
  @RateLimit('auth')
  @Problems({ 'identity.ticket-invalid': 401 }, 'identity.session-not-found', { 'identity.session-limit': 409 })
  @ApiOperation({ operationId: 'resumeLogin', summary: 'End another session to complete a sign-in' })
  resume(@Body() body: ResumeSignInBody): Promise<TokensView> {
    return this.commands.execute(new ResumeSignInCommand(body));
  }
}
