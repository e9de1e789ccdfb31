import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ForgetDriverCommand } from '../commands/forget-driver';
import { ChangeDriverCommand, CreateDriverCommand } from '../commands/manage-drivers';
import { FindDriverQuery, ListDriversQuery, OwnDriverQuery } from '../queries/drivers';
import { ChangeDriverBody, CreateDriverBody, DriverView, ListDriversParams } from './drivers.dto';

/** Who drives. */
@ApiTags('drivers')
@Controller('drivers')
export class DriversController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.user-taken', 'fleet.employee-number-taken', { 'fleet.user-unknown': 400 })
  @ApiOperation({ operationId: 'createDriver', summary: 'Enter a driver' })
  @ApiCreatedResponse({ type: DriverView })
  create(@Body() body: CreateDriverBody): Promise<DriverView> {
    return this.commands.execute(new CreateDriverCommand(body));
  }

  @Get()
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listDrivers',
    summary: 'List drivers',
    description: 'A driver sees itself alone. Sorts: name, createdAt.',
  })
  @ApiOkResponse({ type: pageOf(DriverView) })
  list(@Query() query: ListDriversParams): Promise<Page<DriverView>> {
    return this.queries.execute(new ListDriversQuery(query));
  }

  @Get('me')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems({ 'fleet.no-driver': 404 })
  @ApiOperation({ operationId: 'getOwnDriver', summary: 'Read oneself as a driver' })
  @ApiOkResponse({ type: DriverView })
  own(): Promise<DriverView> {
    return this.queries.execute(new OwnDriverQuery());
  }

  @Get(':id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.driver-not-found')
  @ApiOperation({ operationId: 'getDriver', summary: 'Read a driver' })
  @ApiOkResponse({ type: DriverView })
  async get(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<DriverView> {
    const driver = await this.queries.execute(new FindDriverQuery(id));
    void reply.header('etag', etagOf(driver.version));
    return driver;
  }

  @Patch(':id')
  @Allow('fleet:write')
  @Problems('fleet.driver-not-found', 'fleet.user-taken', 'fleet.employee-number-taken', {
    'fleet.routes-open': 409,
    'fleet.user-unknown': 400,
    'fleet.stale': 412,
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({ operationId: 'changeDriver', summary: 'Change a driver' })
  @ApiOkResponse({ type: DriverView })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeDriverBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<DriverView> {
    const driver = await this.commands.execute(new ChangeDriverCommand(id, body, versionOfIfMatch(ifMatch)));
    void reply.header('etag', etagOf(driver.version));
    return driver;
  }

  @Delete(':id')
  @Allow('fleet:write')
  @HttpCode(204)
  @Problems('fleet.driver-not-found')
  @ApiOperation({
    operationId: 'forgetDriver',
    summary: 'Forget a driver',
    description:
      'Name, addresses, numbers, papers with their scans and notes go, and it is with no vehicle any more. Trips and scores stay, as those of a former driver. Routes that are not finished are called off, and staff is told.',
  })
  @ApiNoContentResponse()
  forget(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new ForgetDriverCommand(id));
  }
}
