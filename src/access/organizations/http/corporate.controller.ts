import { Readable } from 'node:stream';
import { Body, Controller, Delete, Get, HttpCode, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { DecideApprovalCommand } from '../commands/corporate-approvals';
import { DelegateCommand, ReimburseExpenseCommand, SubmitExpenseCommand } from '../commands/corporate-own';
import { OwnPlaceQuery } from '../queries/corporate-accounts';
import { ApprovalQuery, ListApprovalsQuery } from '../queries/corporate-approvals';
import { ExpenseQuery, ExportExpensesQuery, ListExpensesQuery } from '../queries/corporate-expenses';
import { ApprovalView, DecisionBody, ListApprovalsParams } from './corporate-approvals.dto';
import { DelegateBody, OwnPlaceView } from './corporate-people.dto';
import { ExpenseView, ListExpensesParams, ReimburseBody, SubmitExpenseBody } from './corporate-expenses.dto';

const DECISION = {
  'organizations.not-your-approval': 403,
  'organizations.own-approval': 403,
};

/** What people of a company do: approvals, delegation and expenses. */
@ApiTags('corporate')
@Controller('corporate')
export class CorporateController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('me')
  @Allow('corporate:read-own')
  @Problems({ 'organizations.no-corporate-person': 403 })
  @ApiOperation({ operationId: 'getOwnCorporatePlace', summary: 'Your place in a corporate account' })
  me(): Promise<OwnPlaceView> {
    return this.queries.execute(new OwnPlaceQuery());
  }

  /** Somebody of the same account decides in your place from then until then. */
  @Put('me/delegation')
  @HttpCode(204)
  @Allow('corporate:write-own')
  @Problems('organizations.person-not-found', {
    'organizations.no-corporate-person': 403,
    'organizations.corporate-invalid': 400,
  })
  @ApiOperation({ operationId: 'delegateApprovals', summary: 'Delegate your approvals' })
  async delegate(@Body() { to, from, until }: DelegateBody): Promise<void> {
    await this.commands.execute(new DelegateCommand({ to, from: new Date(from), until: new Date(until) }));
  }

  @Delete('me/delegation')
  @HttpCode(204)
  @Allow('corporate:write-own')
  @Problems({ 'organizations.no-corporate-person': 403 })
  @ApiOperation({ operationId: 'endDelegation', summary: 'Decide for yourself again' })
  async endDelegation(): Promise<void> {
    await this.commands.execute(new DelegateCommand(null));
  }

  /** `mine=true` is your inbox: what waits for you now. Sorts: `createdAt`, `expiresAt`. */
  @Get('approvals')
  @Allow('corporate:read', 'corporate:read-own')
  @ApiOperation({ operationId: 'listApprovals', summary: 'Approvals' })
  @ApiOkResponse({ type: pageOf(ApprovalView) })
  approvals(@Query() list: ListApprovalsParams): Promise<Page<ApprovalView>> {
    return this.queries.execute(new ListApprovalsQuery(list));
  }

  @Get('approvals/:id')
  @Allow('corporate:read', 'corporate:read-own')
  @Problems('organizations.approval-not-found')
  @ApiOperation({ operationId: 'getApproval', summary: 'An approval' })
  approval(@IdParam() id: string): Promise<ApprovalView> {
    return this.queries.execute(new ApprovalQuery(id));
  }

  /** When the last step agreed, the order can be paid (`POST /orders/{id}/payments`) or the expense be reimbursed. */
  @Post('approvals/:id/approve')
  @HttpCode(200)
  @Allow('corporate:write-own')
  @Problems(
    'organizations.approval-not-found',
    'organizations.approval-over',
    'organizations.decided-already',
    DECISION,
  )
  @ApiOperation({ operationId: 'approve', summary: 'Approve' })
  approve(@IdParam() id: string, @Body() body?: DecisionBody): Promise<ApprovalView> {
    return this.commands.execute(new DecideApprovalCommand(id, 'approved', body?.comment ?? null));
  }

  /** Ends the approval: the order is cancelled and its stock given back. */
  @Post('approvals/:id/reject')
  @HttpCode(200)
  @Allow('corporate:write-own')
  @Problems(
    'organizations.approval-not-found',
    'organizations.approval-over',
    'organizations.decided-already',
    DECISION,
  )
  @ApiOperation({ operationId: 'reject', summary: 'Reject' })
  reject(@IdParam() id: string, @Body() body?: DecisionBody): Promise<ApprovalView> {
    return this.commands.execute(new DecideApprovalCommand(id, 'rejected', body?.comment ?? null));
  }

  @Post('expenses')
  @Idempotent()
  @Allow('corporate:write-own')
  @Problems('organizations.department-not-found', 'organizations.no-approver', {
    'organizations.no-corporate-person': 403,
    'organizations.corporate-invalid': 400,
  })
  @ApiOperation({ operationId: 'submitExpense', summary: 'Submit an expense' })
  submit(@Body() body: SubmitExpenseBody): Promise<ExpenseView> {
    return this.commands.execute(new SubmitExpenseCommand(body));
  }

  /** Your own, as finance or manager those of the account. Sorts: `createdAt`, `total`. */
  @Get('expenses')
  @Allow('corporate:read', 'corporate:read-own')
  @ApiOperation({ operationId: 'listExpenses', summary: 'Expenses' })
  @ApiOkResponse({ type: pageOf(ExpenseView) })
  expenses(@Query() list: ListExpensesParams): Promise<Page<ExpenseView>> {
    return this.queries.execute(new ListExpensesQuery(list));
  }

  @Get('expenses/export.csv')
  @Allow('corporate:read', 'corporate:read-own')
  @RateLimit('heavy')
  @ApiProduces('text/csv')
  @ApiResponse({ status: 200, description: 'The file.', content: { 'text/csv': { schema: { type: 'string' } } } })
  @ApiOperation({
    operationId: 'exportExpenses',
    summary: 'Export expenses as CSV',
    description: 'One row a line of an expense. Texts that a spreadsheet would compute get an apostrophe in front.',
  })
  async export(@Res() reply: FastifyReply): Promise<void> {
    const file = await this.queries.execute(new ExportExpensesQuery());
    await reply
      .header('content-type', 'text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="expenses.csv"')
      .send(Readable.from(file, { objectMode: false }));
  }

  @Get('expenses/:id')
  @Allow('corporate:read', 'corporate:read-own')
  @Problems('organizations.expense-not-found')
  @ApiOperation({ operationId: 'getExpense', summary: 'An expense' })
  expense(@IdParam() id: string): Promise<ExpenseView> {
    return this.queries.execute(new ExpenseQuery(id));
  }

  /** By finance of the account, and not for itself. */
  @Post('expenses/:id/reimburse')
  @HttpCode(200)
  @Idempotent({ required: true })
  @Allow('corporate:write-own')
  @Problems('organizations.expense-not-found', 'organizations.expense-state', { 'organizations.finance-only': 403 })
  @ApiOperation({ operationId: 'reimburseExpense', summary: 'Note that an expense was paid back' })
  reimburse(@IdParam() id: string, @Body() body: ReimburseBody): Promise<ExpenseView> {
    return this.commands.execute(new ReimburseExpenseCommand(id, body.reference));
  }
}
