import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ChangeCustomerGroupCommand,
  ChangeGroupMemberCommand,
  CreateCustomerGroupCommand,
  RemoveCustomerGroupCommand,
} from '../commands/customer-groups';
import { GetCustomerGroupQuery, ListCustomerGroupsQuery } from '../queries/customer-groups';
import { ChangeCustomerGroupBody, CreateCustomerGroupBody, CustomerGroupDetailsView } from './customer-groups.dto';

@ApiTags('customers')
@Controller('customer-groups')
export class CustomerGroupsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('customers:read')
  @ApiOperation({
    operationId: 'listCustomerGroups',
    summary: 'List groups of customers',
    description: 'Their customers are listed by `GET /customers?groupId=`. Sorts: name, createdAt.',
  })
  @ApiOkResponse({ type: pageOf(CustomerGroupDetailsView) })
  list(@Query() query: ListQuery): Promise<Page<CustomerGroupDetailsView>> {
    return this.queries.execute(new ListCustomerGroupsQuery(query));
  }

  @Get(':id')
  @Allow('customers:read')
  @Problems('customers.group-not-found')
  @ApiOperation({ operationId: 'getCustomerGroup', summary: 'Read a group of customers' })
  get(@IdParam() id: string): Promise<CustomerGroupDetailsView> {
    return this.queries.execute(new GetCustomerGroupQuery(id));
  }

  @Post()
  @Allow('customers:write')
  @Idempotent()
  @Problems('customers.group-taken')
  @ApiOperation({ operationId: 'createCustomerGroup', summary: 'Create a group of customers' })
  create(@Body() body: CreateCustomerGroupBody): Promise<CustomerGroupDetailsView> {
    return this.commands.execute(new CreateCustomerGroupCommand(body));
  }

  @Patch(':id')
  @Allow('customers:write')
  @Problems('customers.group-not-found', 'customers.group-taken')
  @ApiOperation({ operationId: 'changeCustomerGroup', summary: 'Change a group of customers' })
  change(@IdParam() id: string, @Body() body: ChangeCustomerGroupBody): Promise<CustomerGroupDetailsView> {
    return this.commands.execute(new ChangeCustomerGroupCommand(id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('customers:write')
  @Problems('customers.group-not-found')
  @ApiOperation({
    operationId: 'removeCustomerGroup',
    summary: 'Remove a group of customers',
    description: 'Its customers stay; price lists made for it are closed.',
  })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveCustomerGroupCommand(id));
  }

  @Put(':id/customers/:customerId')
  @HttpCode(204)
  @Allow('customers:write')
  @Problems('customers.group-not-found', 'customers.customer-not-found')
  @ApiOperation({ operationId: 'addCustomerToGroup', summary: 'Put a customer into a group; twice is no error' })
  async add(@IdParam() id: string, @IdParam('customerId') customerId: string): Promise<void> {
    await this.commands.execute(new ChangeGroupMemberCommand(id, customerId, true));
  }

  @Delete(':id/customers/:customerId')
  @HttpCode(204)
  @Allow('customers:write')
  @Problems('customers.group-not-found', 'customers.customer-not-found')
  @ApiOperation({ operationId: 'removeCustomerFromGroup', summary: 'Take a customer out of a group' })
  async take(@IdParam() id: string, @IdParam('customerId') customerId: string): Promise<void> {
    await this.commands.execute(new ChangeGroupMemberCommand(id, customerId, false));
  }
}
