import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import {
  AddRuleCommand,
  RemoveDepartmentCommand,
  RemoveRuleCommand,
  WriteAccountCommand,
  WriteDepartmentCommand,
  WritePersonCommand,
} from '../commands/corporate-accounts';
import { AccountQuery, ListAccountsQuery, ListPeopleQuery } from '../queries/corporate-accounts';
import {
  AccountDetailsView,
  AccountSummaryView,
  ChangeAccountBody,
  ChangeDepartmentBody,
  DepartmentBody,
  MadeView,
  OpenAccountBody,
} from './corporate.dto';
import { AddPersonBody, ChangePersonBody, CorporatePersonView } from './corporate-people.dto';
import { AddRuleBody } from './corporate-rules.dto';

/** What the shop's staff do with the companies that buy from it. */
@ApiTags('corporate')
@Controller('corporate')
export class CorporateAccountsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Sorts: `name`, `createdAt`. */
  @Get('accounts')
  @Allow('corporate:read')
  @ApiOperation({ operationId: 'listCorporateAccounts', summary: 'Corporate accounts' })
  @ApiOkResponse({ type: pageOf(AccountSummaryView) })
  list(@Query() list: ListQuery): Promise<Page<AccountSummaryView>> {
    return this.queries.execute(new ListAccountsQuery(list));
  }

  @Post('accounts')
  @Allow('corporate:write')
  @Problems('organizations.name-taken')
  @ApiOperation({ operationId: 'openCorporateAccount', summary: 'Open a corporate account' })
  async open(@Body() body: OpenAccountBody): Promise<AccountDetailsView> {
    const { id } = await this.commands.execute(new WriteAccountCommand(null, body));
    return this.queries.execute(new AccountQuery(id));
  }

  /** With its departments and rules. */
  @Get('accounts/:id')
  @Allow('corporate:read')
  @Problems('organizations.account-not-found')
  @ApiOperation({ operationId: 'getCorporateAccount', summary: 'A corporate account' })
  get(@IdParam() id: string): Promise<AccountDetailsView> {
    return this.queries.execute(new AccountQuery(id));
  }

  @Patch('accounts/:id')
  @Allow('corporate:write')
  @Problems('organizations.account-not-found', 'organizations.name-taken')
  @ApiOperation({ operationId: 'changeCorporateAccount', summary: 'Rename, suspend or resume a corporate account' })
  async change(@IdParam() id: string, @Body() body: ChangeAccountBody): Promise<AccountDetailsView> {
    await this.commands.execute(new WriteAccountCommand(id, body));
    return this.queries.execute(new AccountQuery(id));
  }

  @Post('accounts/:id/departments')
  @Allow('corporate:write')
  @Problems('organizations.account-not-found', 'organizations.department-not-found', 'organizations.name-taken')
  @ApiOperation({ operationId: 'addDepartment', summary: 'Add a department' })
  department(@IdParam() accountId: string, @Body() body: DepartmentBody): Promise<MadeView> {
    return this.commands.execute(new WriteDepartmentCommand({ accountId }, body));
  }

  @Patch('departments/:id')
  @Allow('corporate:write')
  @Problems('organizations.department-not-found', 'organizations.name-taken', 'organizations.department-cycle')
  @ApiOperation({ operationId: 'changeDepartment', summary: 'Change or move a department' })
  changeDepartment(@IdParam() departmentId: string, @Body() body: ChangeDepartmentBody): Promise<MadeView> {
    return this.commands.execute(new WriteDepartmentCommand({ departmentId }, body));
  }

  @Delete('departments/:id')
  @HttpCode(204)
  @Allow('corporate:write')
  @Problems('organizations.department-not-found', 'organizations.department-in-use')
  @ApiOperation({ operationId: 'removeDepartment', summary: 'Remove an empty department' })
  async removeDepartment(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveDepartmentCommand(id));
  }

  /** Sorts: `createdAt`. */
  @Get('accounts/:id/people')
  @Allow('corporate:read')
  @Problems('organizations.account-not-found')
  @ApiOperation({ operationId: 'listCorporatePeople', summary: 'People of a corporate account' })
  @ApiOkResponse({ type: pageOf(CorporatePersonView) })
  people(@IdParam() id: string, @Query() list: ListQuery): Promise<Page<CorporatePersonView>> {
    return this.queries.execute(new ListPeopleQuery(id, list));
  }

  @Post('accounts/:id/people')
  @Allow('corporate:write')
  @Problems(
    'organizations.account-not-found',
    'organizations.member-not-found',
    'organizations.department-not-found',
    'organizations.person-taken',
  )
  @ApiOperation({ operationId: 'addCorporatePerson', summary: 'Add a member to a corporate account' })
  addPerson(@IdParam() accountId: string, @Body() { userId, ...person }: AddPersonBody): Promise<MadeView> {
    return this.commands.execute(new WritePersonCommand({ accountId, userId }, person));
  }

  /** What somebody may decide is looked at when they decide: a role that was taken away counts at once. */
  @Patch('people/:id')
  @Allow('corporate:write')
  @Problems('organizations.person-not-found', 'organizations.department-not-found')
  @ApiOperation({ operationId: 'changeCorporatePerson', summary: 'Change roles or department of a person' })
  changePerson(@IdParam() personId: string, @Body() body: ChangePersonBody): Promise<MadeView> {
    return this.commands.execute(new WritePersonCommand({ personId }, body));
  }

  @Post('accounts/:id/rules')
  @Allow('corporate:write')
  @Problems('organizations.account-not-found', 'organizations.department-not-found', {
    'organizations.corporate-invalid': 400,
  })
  @ApiOperation({ operationId: 'addApprovalRule', summary: 'Add an approval rule' })
  addRule(@IdParam() id: string, @Body() body: AddRuleBody): Promise<MadeView> {
    return this.commands.execute(new AddRuleCommand(id, body));
  }

  /** Approvals that were opened under it go on. */
  @Delete('rules/:id')
  @HttpCode(204)
  @Allow('corporate:write')
  @Problems('organizations.rule-not-found')
  @ApiOperation({ operationId: 'removeApprovalRule', summary: 'Take an approval rule away' })
  async removeRule(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveRuleCommand(id));
  }
}
