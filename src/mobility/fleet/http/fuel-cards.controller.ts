import { Body, Controller, Get, HttpCode, Patch, Post, Query, Req } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiConsumes, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { Consumes, IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { readUpload } from '../../../kernel/tabular/upload-form';
import { XLSX_TYPE } from '../../../kernel/tabular/xlsx-writer';
import { ImportFuelCardFileCommand } from '../commands/import-fuel-card-file';
import {
  AssignFuelCardCommand,
  CreateFuelCardCommand,
  EndFuelCardAssignmentCommand,
  LabelFuelCardCommand,
  SettleFuelCardRowCommand,
} from '../commands/manage-fuel-cards';
import { noCardFile } from '../domain/fuel-card.errors';
import { FindFuelCardRowQuery, ListFuelCardRowsQuery } from '../queries/fuel-card-rows';
import { FindFuelCardQuery, ListFuelCardHoldersQuery, ListFuelCardsQuery } from '../queries/fuel-cards';
import {
  AssignFuelCardBody,
  CreateFuelCardBody,
  EndFuelCardAssignmentBody,
  FuelCardHolderView,
  FuelCardImportView,
  FuelCardRowView,
  FuelCardView,
  ImportFuelCardRowsParams,
  LabelFuelCardBody,
  ListFuelCardHoldersParams,
  ListFuelCardRowsParams,
  ListFuelCardsParams,
  SettleFuelCardRowBody,
} from './fuel-cards.dto';

const EXAMPLE =
  'provider,card,transaction,at,fuelType,quantity,total,currency,station\nDKV,**** 4182,T-1,2026-03-01 07:10,diesel,52.34,83.69,EUR,Station Nord\n';
/** As a form it has members, which the document shows for that content type. */
const FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'The rows.', example: EXAMPLE },
    mapping: { type: 'string', description: 'A mapping profile as JSON.' },
  },
};
const ROWS = { type: 'string', example: EXAMPLE, 'x-multipart': FORM };

/** Fuel cards, and what providers say was paid with them. */
@ApiTags('fuel')
@Controller('fuel')
export class FuelCardsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('cards')
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.fuel-card-exists')
  @ApiOperation({
    operationId: 'createFuelCard',
    summary: 'Enter a fuel card',
    description:
      'Of its number the last four digits are kept, whatever is sent. Numbers of payment cards (Visa, Mastercard and others) are refused as everywhere: send their last four digits.',
  })
  @ApiCreatedResponse({ type: FuelCardView })
  create(@Body() { provider, number, label = null }: CreateFuelCardBody): Promise<FuelCardView> {
    return this.commands.execute(new CreateFuelCardCommand({ provider, lastFour: number, label }));
  }

  @Get('cards')
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listFuelCards', summary: 'List fuel cards', description: 'Sorts: createdAt.' })
  @ApiOkResponse({ type: pageOf(FuelCardView) })
  cards(@Query() query: ListFuelCardsParams): Promise<Page<FuelCardView>> {
    return this.queries.execute(new ListFuelCardsQuery(query));
  }

  @Get('cards/:id')
  @Allow('fleet:read')
  @Problems('fleet.fuel-card-not-found')
  @ApiOperation({ operationId: 'getFuelCard', summary: 'Read a fuel card' })
  @ApiOkResponse({ type: FuelCardView })
  card(@IdParam() id: string): Promise<FuelCardView> {
    return this.queries.execute(new FindFuelCardQuery(id));
  }

  @Patch('cards/:id')
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.fuel-card-not-found')
  @ApiOperation({ operationId: 'labelFuelCard', summary: 'Say what people call a fuel card' })
  @ApiOkResponse({ type: FuelCardView })
  label(@IdParam() id: string, @Body() { label }: LabelFuelCardBody): Promise<FuelCardView> {
    return this.commands.execute(new LabelFuelCardCommand(id, label ?? null));
  }

  @Get('cards/:id/holders')
  @Allow('fleet:read')
  @Problems('fleet.fuel-card-not-found')
  @ApiOperation({
    operationId: 'listFuelCardHolders',
    summary: 'List who had a fuel card',
    description: 'Sorts: from.',
  })
  @ApiOkResponse({ type: pageOf(FuelCardHolderView) })
  holders(@IdParam() id: string, @Query() query: ListFuelCardHoldersParams): Promise<Page<FuelCardHolderView>> {
    return this.queries.execute(new ListFuelCardHoldersQuery(id, query));
  }

  @Post('cards/:id/holders')
  @Allow('fleet:write')
  @HttpCode(200)
  @Idempotent()
  @Problems(
    'fleet.fuel-card-not-found',
    'fleet.vehicle-not-found',
    'fleet.driver-not-found',
    'fleet.card-assignment-overlaps',
    { 'fleet.card-holder': 400, 'fleet.period-invalid': 400 },
  )
  @ApiOperation({
    operationId: 'assignFuelCard',
    summary: 'Give a fuel card to a vehicle or a driver',
    description:
      'For a period, from now until further notice where nothing else is said; whoever has it until further notice has it until then. What was paid since is given to its vehicle anew. A driver’s card counts to the vehicle driven at the time.',
  })
  @ApiOkResponse({ type: FuelCardView })
  assign(
    @IdParam() id: string,
    @Body() { vehicleId = null, driverId = null, from, until }: AssignFuelCardBody,
  ): Promise<FuelCardView> {
    const period = { ...(from && { from: new Date(from) }), until: until ? new Date(until) : null };
    return this.commands.execute(new AssignFuelCardCommand(id, { vehicleId, driverId, ...period }));
  }

  @Post('cards/:id/return')
  @Allow('fleet:write')
  @HttpCode(200)
  @Idempotent()
  @Problems('fleet.fuel-card-not-found', 'fleet.card-assignment-not-found')
  @ApiOperation({
    operationId: 'returnFuelCard',
    summary: 'Take a fuel card back',
    description: 'From whoever has it until further notice.',
  })
  @ApiOkResponse({ type: FuelCardView })
  end(@IdParam() id: string, @Body() { at }: EndFuelCardAssignmentBody): Promise<FuelCardView> {
    return this.commands.execute(new EndFuelCardAssignmentCommand(id, at ? new Date(at) : undefined));
  }

  @Post('card-imports')
  @HttpCode(200)
  @Allow('fleet:write')
  @Consumes('text/csv', 'multipart/form-data', XLSX_TYPE)
  @RateLimit('heavy')
  @Problems({
    'fleet.card-import-refused': 422,
    'fleet.no-file': 400,
    'fleet.no-card-sheet': 400,
    'tabular.bad-profile': 400,
    'tabular.no-header': 400,
    'tabular.not-text': 400,
    'tabular.not-a-workbook': 400,
    'tabular.workbook-too-large': 400,
    'tabular.no-such-worksheet': 400,
    'tabular.duplicate-column': 400,
    'tabular.too-many-columns': 400,
  })
  @ApiOperation({
    operationId: 'importFuelCardRows',
    summary: 'Import what was paid with fuel cards',
    description:
      'One row a transaction: provider, card (its number, of which the last four digits are read), transaction (the provider’s number), at, fuelType (`other`: no fuel, left out), quantity in litres, kilograms or kilowatt hours, total, currency, station, lat, lng, plate. As multipart form `mapping` says which columns of the provider these are, as JSON, with one sheet of entity `fuel-card-rows`, `decimal`, `dateOrder` and `timeZone`; times without a zone are else of the organization’s. Every row is judged before one is written. A transaction is taken once, by its number, else by all that it says. Each becomes what was entered, or what the sensor of the tank saw, within 30 minutes, 500 m and a tenth of the volume, and gives it its price; what it may be else is flagged.',
  })
  @ApiConsumes('text/csv', 'multipart/form-data')
  @ApiBody({ schema: ROWS })
  @ApiOkResponse({ type: FuelCardImportView })
  async import(@Query() query: ImportFuelCardRowsParams, @Req() request: FastifyRequest): Promise<FuelCardImportView> {
    const upload = await readUpload(request, 'cards.csv', noCardFile);
    return this.commands.execute(new ImportFuelCardFileCommand({ ...upload, ...query }));
  }

  @Get('card-rows')
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listFuelCardRows',
    summary: 'List what was paid with fuel cards',
    description: 'A driver sees what was paid for while it drove. Sorts: at.',
  })
  @ApiOkResponse({ type: pageOf(FuelCardRowView) })
  rows(@Query() query: ListFuelCardRowsParams): Promise<Page<FuelCardRowView>> {
    return this.queries.execute(new ListFuelCardRowsQuery(query));
  }

  @Get('card-rows/:id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.fuel-card-row-not-found')
  @ApiOperation({ operationId: 'getFuelCardRow', summary: 'Read what was paid with a fuel card' })
  @ApiOkResponse({ type: FuelCardRowView })
  row(@IdParam() id: string): Promise<FuelCardRowView> {
    return this.queries.execute(new FindFuelCardRowQuery(id));
  }

  @Post('card-rows/:id/settlement')
  @Allow('fleet:write')
  @HttpCode(200)
  @Idempotent({ required: true })
  @Problems('fleet.fuel-card-row-not-found', { 'fleet.fuel-card-row-note': 400 })
  @ApiOperation({
    operationId: 'settleFuelCardRow',
    summary: 'Accept or dispute what was paid with a fuel card',
    description:
      'What is accepted and was not found becomes an entry, and counts in costs; what is disputed gives no price and has no entry. Either may be said anew.',
  })
  @ApiOkResponse({ type: FuelCardRowView })
  settle(@IdParam() id: string, @Body() { state, note = null }: SettleFuelCardRowBody): Promise<FuelCardRowView> {
    return this.commands.execute(new SettleFuelCardRowCommand(id, state, note));
  }
}
