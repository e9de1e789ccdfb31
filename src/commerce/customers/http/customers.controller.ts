import { Body, Controller, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, AllowOnResource, CurrentPrincipal } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { MergeCustomersCommand } from '../commands/merge-customers';
import { GiveConsentCommand, RecordConsentCommand } from '../commands/record-consent';
import { ChangeCustomerCommand, CreateCustomerCommand } from '../commands/write-customer';
import { addressData } from '../domain/address';
import { CustomerTimelineQuery } from '../queries/customer-timeline';
import { ListDuplicatesQuery } from '../queries/duplicates';
import { ListConsentsQuery } from '../queries/consents';
import { GetCustomerQuery } from '../queries/get-customer';
import { ListCustomersQuery } from '../queries/list-customers';
import { ConsentDetailsView, GiveConsentBody, ListConsentsParams, RecordConsentBody } from './consents.dto';
import {
  CustomerDuplicatesView,
  CustomerHappeningView,
  ListDuplicatesParams,
  MergeCustomersBody,
  TimelineParams,
} from './merge.dto';
import {
  AddressBody,
  ChangeCustomerBody,
  CreateCustomerBody,
  CustomerDetailsView,
  ListCustomersParams,
} from './customers.dto';

/** Staff see all customers, a customer sees itself. */
const ownerOf = (principal: Principal): string | null =>
  hasPermission(principal, 'customers:read') ? null : principal.userId;

/** Asks about one customer, for those who do not see all of them. */
const maySee = (principal: Principal): GetCustomerQuery['maySee'] =>
  hasPermission(principal, 'customers:read')
    ? undefined
    : (customer) =>
        hasPermission(principal, 'customers:read', customer) ||
        (customer.owner !== null &&
          customer.owner === principal.userId &&
          hasPermission(principal, 'customers:read-own', customer));

const withAddresses = <B extends { addresses?: AddressBody[] }>(body: B) => ({
  ...body,
  addresses: body.addresses?.map(addressData),
});

@ApiTags('customers')
@Controller('customers')
export class CustomersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('customers:read', 'customers:read-own')
  @ApiOperation({
    operationId: 'listCustomers',
    summary: 'List and search customers',
    description:
      'Staff see all of the shop’s customers, a customer itself alone. Sorts: createdAt (default -createdAt), name.',
  })
  @ApiOkResponse({ type: pageOf(CustomerDetailsView) })
  list(
    @Query() query: ListCustomersParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<CustomerDetailsView>> {
    return this.queries.execute(new ListCustomersQuery(query, ownerOf(principal)));
  }

  @Get('duplicates')
  @Allow('customers:write')
  @ApiOperation({
    operationId: 'listCustomerDuplicates',
    summary: 'List customers that may be one person',
    description:
      'By what they have in common: a mail address without what follows a +, the last nine digits of a phone number, or a name with postal code and house number. Sorts: reason.',
  })
  @ApiOkResponse({ type: pageOf(CustomerDuplicatesView) })
  duplicates(@Query() query: ListDuplicatesParams): Promise<Page<CustomerDuplicatesView>> {
    return this.queries.execute(new ListDuplicatesQuery(query));
  }

  @Post('me/consents')
  @Allow('consents:write-own')
  @Idempotent()
  @Problems('customers.customer-not-found')
  @ApiOperation({
    operationId: 'giveConsent',
    summary: 'Agree to something for oneself, or take it back',
    description:
      'For the customer of one’s own account in the shop. Kept as evidence: time, version of the text, its words, where it was given, and the address of the caller.',
  })
  giveConsent(
    @Body() { source = 'Account page', wording = null, ...body }: GiveConsentBody,
  ): Promise<ConsentDetailsView> {
    return this.commands.execute(new GiveConsentCommand({ ...body, source, wording }));
  }

  @Get(':id/timeline')
  @AllowOnResource('customers:read', 'customers:read-own')
  @Problems('customers.customer-not-found', { 'pagination.cursor-invalid': 400 })
  @ApiOperation({
    operationId: 'getCustomerTimeline',
    summary: 'What happened to a customer, latest first',
    description: 'When it came, what it agreed to, who was merged into it, its orders.',
  })
  @ApiOkResponse({ type: pageOf(CustomerHappeningView) })
  timeline(
    @IdParam() id: string,
    @Query() query: TimelineParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<CustomerHappeningView>> {
    return this.queries.execute(new CustomerTimelineQuery(id, query, maySee(principal)));
  }

  @Post(':id/merge')
  @HttpCode(200)
  @Allow('customers:write')
  @Idempotent()
  @Problems('customers.customer-not-found', 'customers.customer-merged', 'customers.merge-two-accounts', {
    'customers.merge-invalid': 400,
  })
  @ApiOperation({
    operationId: 'mergeCustomers',
    summary: 'Merge another customer into this one',
    description:
      'This one takes what it lacks; addresses, groups and the log of consents are put together, orders follow at once after. The other’s id, e-mail address and reference lead here from then on. **It cannot be undone.**',
  })
  merge(@IdParam() id: string, @Body() { mergedId }: MergeCustomersBody): Promise<CustomerDetailsView> {
    return this.commands.execute(new MergeCustomersCommand(id, mergedId));
  }

  @Get(':id')
  @AllowOnResource('customers:read', 'customers:read-own')
  @Problems('customers.customer-not-found')
  @ApiOperation({
    operationId: 'getCustomer',
    summary: 'Read a customer with its addresses',
    description:
      'The id of a customer that was merged away finds the one that stayed: the answer has another `id`, and `Link: rel="canonical"` names it.',
  })
  async get(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerDetailsView> {
    const customer = await this.queries.execute(new GetCustomerQuery(id, maySee(principal)));
    void reply.header('etag', etagOf(customer.version));
    if (customer.id !== id) void reply.header('link', `</api/v1/customers/${customer.id}>; rel="canonical"`);
    return customer;
  }

  @Post()
  @Allow('customers:write')
  @Idempotent()
  @Problems('customers.email-taken', 'customers.reference-taken', {
    'customers.invalid-email': 400,
    'customers.address-invalid': 400,
  })
  @ApiOperation({ operationId: 'createCustomer', summary: 'Enter a customer' })
  create(@Body() body: CreateCustomerBody): Promise<CustomerDetailsView> {
    return this.commands.execute(new CreateCustomerCommand(withAddresses(body)));
  }

  @Patch(':id')
  @AllowOnResource('customers:write')
  @Idempotent()
  @Problems('customers.customer-not-found', 'customers.email-taken', 'customers.reference-taken', {
    'customers.stale-customer': 412,
    'customers.customer-merged': 409,
    'customers.invalid-email': 400,
    'customers.address-invalid': 400,
  })
  @ApiOperation({
    operationId: 'changeCustomer',
    summary: 'Change a customer',
    description: 'What is not named stays as it is. With If-Match only when nobody changed it since that version.',
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeCustomerBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<CustomerDetailsView> {
    const command = new ChangeCustomerCommand(id, withAddresses(body), versionOfIfMatch(ifMatch));
    const customer = await this.commands.execute(command);
    void reply.header('etag', etagOf(customer.version));
    return customer;
  }

  @Get(':id/consents')
  @AllowOnResource('customers:read', 'customers:read-own')
  @Problems('customers.customer-not-found')
  @ApiOperation({
    operationId: 'listConsents',
    summary: 'What a customer agreed to and took back',
    description: 'A log, latest first: for each purpose the first entry counts. Sorts: givenAt.',
  })
  @ApiOkResponse({ type: pageOf(ConsentDetailsView) })
  consents(
    @IdParam() id: string,
    @Query() query: ListConsentsParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<ConsentDetailsView>> {
    return this.queries.execute(new ListConsentsQuery(id, query, maySee(principal)));
  }

  @Post(':id/consents')
  @AllowOnResource('customers:write')
  @Idempotent()
  @Problems('customers.customer-not-found', 'customers.customer-merged', 'customers.consent-time-invalid')
  @ApiOperation({ operationId: 'recordConsent', summary: 'Write down that a customer agreed or took it back' })
  recordConsent(@IdParam() id: string, @Body() { givenAt, ...body }: RecordConsentBody): Promise<ConsentDetailsView> {
    const consent = { ...body, ...(givenAt ? { givenAt: new Date(givenAt) } : {}) };
    return this.commands.execute(new RecordConsentCommand(id, consent));
  }
}
