import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { clock } from '../../../kernel/clock/clock';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import type { Page } from '../../../kernel/http/pagination';
import { OpenAccountCommand } from '../commands/open-account';
import {
  PostManualJournalCommand,
  ResolveJournalCommand,
  ReverseJournalCommand,
} from '../commands/post-manual-journal';
import type { Line } from '../domain/journal-draft';
import { ListAccountsQuery } from '../queries/list-accounts';
import { FindJournalQuery, ListJournalsQuery } from '../queries/list-journals';
import { ResolveSuspenseCommand } from '../commands/resolve-suspense';
import { ListSuspenseQuery } from '../queries/list-suspense';
import { TrialBalanceQuery } from '../queries/trial-balance';
import {
  JournalNoteBody,
  JournalPage,
  JournalView,
  LedgerAccountPage,
  LedgerAccountView,
  ListLedgerAccountsParams,
  ListJournalsParams,
  ListSuspenseParams,
  ResolveSuspenseBody,
  OpenLedgerAccountBody,
  PostJournalBody,
  PostPendingBody,
  TrialBalanceParams,
  TrialBalanceView,
  type JournalLineBody,
} from './ledger.dto';

const linesOf = (lines: readonly JournalLineBody[]): Line[] =>
  lines.map(({ account, side, amount, channel }) => ({
    account,
    amount: { amount: side === 'debit' ? amount.amount : -amount.amount, currency: amount.currency },
    dimensions: channel === undefined ? undefined : { channel },
  }));
const time = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

@ApiTags('ledger')
@Controller('ledger')
export class LedgerController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('accounts')
  @Allow('ledger:read')
  @ApiOperation({
    operationId: 'listLedgerAccounts',
    summary: 'List the chart of accounts',
    description: 'With balances of now. The standard accounts of a currency are there from its first journal on.',
  })
  @ApiOkResponse({ type: LedgerAccountPage })
  accounts(@Query() query: ListLedgerAccountsParams): Promise<Page<LedgerAccountView>> {
    return this.queries.execute(new ListAccountsQuery(query));
  }

  @Post('accounts')
  @Allow('ledger:write')
  @Idempotent()
  @Problems('ledger.account-exists')
  @ApiOperation({
    operationId: 'openLedgerAccount',
    summary: 'Open a further account',
    description: 'An account is never changed, so that what was posted to it keeps its meaning.',
  })
  @ApiCreatedResponse({ type: LedgerAccountView })
  openAccount(@Body() body: OpenLedgerAccountBody): Promise<LedgerAccountView> {
    return this.commands.execute(new OpenAccountCommand(body));
  }

  @Get('trial-balance')
  @Allow('ledger:read')
  @RateLimit('heavy')
  @ApiOperation({
    operationId: 'getTrialBalance',
    summary: 'Debits and credits of every account at a moment',
    description: 'Computed from the journal. The balances of each currency sum to zero.',
  })
  @ApiOkResponse({ type: TrialBalanceView })
  trialBalance(@Query() { at }: TrialBalanceParams): Promise<TrialBalanceView> {
    return this.queries.execute(new TrialBalanceQuery(time(at) ?? clock.now()));
  }

  @Get('suspense')
  @Allow('ledger:read')
  @ApiOperation({
    operationId: 'listSuspense',
    summary: 'List movements that wait for an explanation',
    description: 'What payment providers report and nobody here knows, newest first; on account 1900.',
  })
  @ApiOkResponse({ type: JournalPage })
  suspense(@Query() query: ListSuspenseParams): Promise<Page<JournalView>> {
    return this.queries.execute(new ListSuspenseQuery(query));
  }

  @Post('suspense/:id/resolve')
  @Allow('ledger:write')
  @Idempotent({ required: true })
  @Problems('ledger.suspense-not-found', 'ledger.suspense-resolved', 'ledger.insufficient-balance', {
    'ledger.unknown-account': 400,
  })
  @ApiOperation({
    operationId: 'resolveSuspense',
    summary: 'Say what a movement was',
    description: 'Posts it from suspense to an account, once. Answers that journal.',
  })
  @ApiCreatedResponse({ type: JournalView })
  resolveSuspense(@IdParam() id: string, @Body() body: ResolveSuspenseBody): Promise<JournalView> {
    return this.commands.execute(new ResolveSuspenseCommand({ journalId: id, ...body }));
  }

  @Get('journals')
  @Allow('ledger:read')
  @ApiOperation({ operationId: 'listJournals', summary: 'List journals', description: 'Newest first.' })
  @ApiOkResponse({ type: JournalPage })
  journals(@Query() query: ListJournalsParams): Promise<Page<JournalView>> {
    return this.queries.execute(new ListJournalsQuery(query));
  }

  @Get('journals/:id')
  @Allow('ledger:read')
  @Problems('ledger.journal-not-found')
  @ApiOperation({ operationId: 'getJournal', summary: 'Read a journal' })
  @ApiOkResponse({ type: JournalView })
  journal(@IdParam() id: string): Promise<JournalView> {
    return this.queries.execute(new FindJournalQuery(id));
  }

  @Post('journals')
  @Allow('ledger:write')
  @Idempotent({ required: true })
  @Problems(
    {
      'ledger.unbalanced': 400,
      'ledger.unknown-account': 400,
      'ledger.too-few-lines': 400,
      'ledger.too-many-lines': 400,
    },
    'ledger.insufficient-balance',
  )
  @ApiOperation({ operationId: 'postJournal', summary: 'Post a journal by hand' })
  @ApiCreatedResponse({ type: JournalView })
  post(@Body() body: PostJournalBody): Promise<JournalView> {
    const { description, effectiveAt, pending, document, lines } = body;
    return this.commands.execute(
      new PostManualJournalCommand({
        description,
        effectiveAt: time(effectiveAt),
        pending,
        document,
        lines: linesOf(lines),
      }),
    );
  }

  @Post('journals/:id/post')
  @Allow('ledger:write')
  @Idempotent({ required: true })
  @Problems(
    'ledger.journal-not-found',
    'ledger.not-pending',
    'ledger.already-resolved',
    'ledger.exceeds-pending',
    'ledger.insufficient-balance',
    { 'ledger.unbalanced': 400, 'ledger.too-few-lines': 400 },
  )
  @ApiOperation({
    operationId: 'postPendingJournal',
    summary: 'Let a pending journal count',
    description: 'At most once, whole or with smaller amounts. Answers the journal that posts it.',
  })
  @ApiCreatedResponse({ type: JournalView })
  postPending(@IdParam() id: string, @Body() body: PostPendingBody): Promise<JournalView> {
    const { description, effectiveAt, lines } = body;
    const terms = { description, effectiveAt: time(effectiveAt), lines: lines && linesOf(lines) };
    return this.commands.execute(new ResolveJournalCommand(id, 'post', terms));
  }

  @Post('journals/:id/void')
  @Allow('ledger:write')
  @Idempotent({ required: true })
  @Problems('ledger.journal-not-found', 'ledger.not-pending', 'ledger.already-resolved')
  @ApiOperation({ operationId: 'voidPendingJournal', summary: 'Let a pending journal go' })
  @ApiCreatedResponse({ type: JournalView })
  voidPending(@IdParam() id: string, @Body() body: JournalNoteBody): Promise<JournalView> {
    return this.commands.execute(new ResolveJournalCommand(id, 'void', body));
  }

  @Post('journals/:id/reversal')
  @Allow('ledger:write')
  @Idempotent({ required: true })
  @Problems(
    'ledger.journal-not-found',
    'ledger.not-reversible',
    'ledger.already-reversed',
    'ledger.insufficient-balance',
  )
  @ApiOperation({
    operationId: 'reverseJournal',
    summary: 'Reverse a journal',
    description: 'Posts its opposite, linked to it, at most once. Answers the reversal.',
  })
  @ApiCreatedResponse({ type: JournalView })
  reverse(@IdParam() id: string, @Body() body: JournalNoteBody): Promise<JournalView> {
    return this.commands.execute(new ReverseJournalCommand(id, body));
  }
}
