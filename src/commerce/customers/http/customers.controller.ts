import { Body, Controller, Get, Headers, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, AllowOnResource, CurrentPrincipal } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { RecordConsentCommand } from '../commands/record-consent';
import { ChangeCustomerCommand, CreateCustomerCommand } from '../commands/write-customer';
import { addressData } from '../domain/address';
import { ListConsentsQuery } from '../queries/consents';
import { GetCustomerQuery } from '../queries/get-customer';
import { ListCustomersQuery } from '../queries/list-customers';
import { ConsentDetailsView, ListConsentsParams, RecordConsentBody } from './consents.dto';
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

  @Get(':id')
  @AllowOnResource('customers:read', 'customers:read-own')
  @Problems('customers.customer-not-found')
  @ApiOperation({ operationId: 'getCustomer', summary: 'Read a customer with its addresses' })
  async get(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerDetailsView> {
    const customer = await this.queries.execute(new GetCustomerQuery(id, maySee(principal)));
    void reply.header('etag', etagOf(customer.version));
    return customer;
  }

  @Post()
  @Allow('customers:write')
  @Idempotent()
  @Problems('customers.email-taken', 'customers.reference-taken', { 'customers.invalid-email': 400 })
  @ApiOperation({ operationId: 'createCustomer', summary: 'Enter a customer' })
  create(@Body() body: CreateCustomerBody): Promise<CustomerDetailsView> {
    return this.commands.execute(new CreateCustomerCommand(withAddresses(body)));
  }

  @Patch(':id')
  @AllowOnResource('customers:write')
  @Idempotent()
  @Problems('customers.customer-not-found', 'customers.email-taken', 'customers.reference-taken', {
    'customers.stale-customer': 412,
    'customers.invalid-email': 400,
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
  @Problems('customers.customer-not-found', 'customers.consent-time-invalid')
  @ApiOperation({ operationId: 'recordConsent', summary: 'Write down that a customer agreed or took it back' })
  recordConsent(@IdParam() id: string, @Body() { givenAt, ...body }: RecordConsentBody): Promise<ConsentDetailsView> {
    const consent = { ...body, ...(givenAt ? { givenAt: new Date(givenAt) } : {}) };
    return this.commands.execute(new RecordConsentCommand(id, consent));
  }
}
