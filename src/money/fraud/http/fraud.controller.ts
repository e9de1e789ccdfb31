import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { clock } from '../../../kernel/clock/clock';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { LabelAssessmentCommand } from '../commands/label-assessment';
import { AddListEntriesCommand, AddListEntryCommand, RemoveListEntryCommand } from '../commands/manage-lists';
import { ChangeRuleCommand, CreateRuleCommand, DeleteRuleCommand } from '../commands/manage-rules';
import { SaveFraudSettingsCommand } from '../commands/save-settings';
import { FraudAnalyticsQuery } from '../queries/analytics';
import { FindAssessmentQuery, ListAssessmentsQuery } from '../queries/assessments';
import { ListEntriesQuery } from '../queries/list-entries';
import { FindRuleQuery, ListRulesQuery, RuleVersionsQuery } from '../queries/rules';
import { DEFAULTS, FraudSettingsQuery } from '../queries/settings';
import { ListSignalsQuery } from '../queries/signals';
import { DryRunRuleQuery, TestConditionQuery } from '../queries/try-rule';
import {
  AddedFraudListEntriesView,
  AddFraudListEntriesBody,
  AddFraudListEntryBody,
  FraudListEntryView,
  ListFraudListEntriesParams,
} from './fraud-lists.dto';
import {
  ChangeFraudRuleBody,
  CreateFraudRuleBody,
  FraudRuleVersionsView,
  FraudRuleView,
  FraudSignalsView,
  ListFraudRulesParams,
} from './fraud-rules.dto';
import {
  DryRunFraudRuleBody,
  DryRunFraudRuleView,
  TestedFraudConditionView,
  TestFraudConditionBody,
} from './fraud-rule-tests.dto';
import { FraudAnalyticsParams, FraudAnalyticsView } from './fraud-analytics.dto';
import {
  FraudAssessmentDetailsView,
  FraudAssessmentView,
  LabelFraudAssessmentBody,
  ListFraudAssessmentsParams,
} from './fraud-assessments.dto';
import { FraudSettingsBody, FraudSettingsView } from './fraud-settings.dto';

/** Days that the report covers where none are named. */
const ANALYTICS_DAYS = 30;

const timeOf = (text: string | null | undefined): Date | null => (text ? new Date(text) : null);

/** What a shop judges payments by, and what came of it. */
@ApiTags('fraud')
@Controller('fraud')
export class FraudController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('settings')
  @Allow('fraud:read')
  @ApiOperation({ operationId: 'getFraudSettings', summary: 'Read how strictly payments are judged' })
  @ApiOkResponse({ type: FraudSettingsView })
  settings(): Promise<FraudSettingsView> {
    return this.queries.execute(new FraudSettingsQuery());
  }

  @Put('settings')
  @Allow('fraud:write')
  @Problems({ 'fraud.thresholds-disordered': 400 })
  @ApiOperation({
    operationId: 'saveFraudSettings',
    summary: 'Set how strictly payments are judged',
    description: 'The whole of it: a threshold that is absent is never reached.',
  })
  @ApiOkResponse({ type: FraudSettingsView })
  saveSettings(@Body() body: FraudSettingsBody): Promise<FraudSettingsView> {
    const { enabled, challengeAt = null, reviewAt = null, blockAt = null } = body;
    const { reviewDueMinutes = DEFAULTS.reviewDueMinutes, rejectAfterHours = DEFAULTS.rejectAfterHours } = body;
    return this.commands.execute(
      new SaveFraudSettingsCommand({ enabled, challengeAt, reviewAt, blockAt, reviewDueMinutes, rejectAfterHours }),
    );
  }

  @Get('signals')
  @Allow('fraud:read')
  @ApiOperation({ operationId: 'listFraudSignals', summary: 'List what rules can compare' })
  @ApiOkResponse({ type: FraudSignalsView })
  signals(): Promise<FraudSignalsView> {
    return this.queries.execute(new ListSignalsQuery());
  }

  @Get('rules')
  @Allow('fraud:read')
  @ApiOperation({ operationId: 'listFraudRules', summary: 'List rules' })
  @ApiOkResponse({ type: pageOf(FraudRuleView) })
  rules(@Query() query: ListFraudRulesParams): Promise<Page<FraudRuleView>> {
    return this.queries.execute(new ListRulesQuery(query));
  }

  @Post('rules')
  @Allow('fraud:write')
  @Idempotent()
  @Problems(
    { 'fraud.condition-invalid': 400, 'fraud.rule-without-effect': 400 },
    'fraud.rule-name-taken',
    'fraud.too-many-rules',
  )
  @ApiOperation({
    operationId: 'createFraudRule',
    summary: 'Make a rule',
    description: 'In shadow unless said otherwise. The first rule or entry of a list switches judging on.',
  })
  @ApiCreatedResponse({ type: FraudRuleView })
  createRule(@Body() body: CreateFraudRuleBody): Promise<FraudRuleView> {
    const { name, description = null, mode = 'shadow', condition, weight = 0, decision = null } = body;
    return this.commands.execute(new CreateRuleCommand({ name, description, mode, condition, weight, decision }));
  }

  @Post('rules/test')
  @Allow('fraud:read')
  @HttpCode(200)
  @Problems({ 'fraud.condition-invalid': 400 })
  @ApiOperation({ operationId: 'testFraudCondition', summary: 'Try a condition on made-up signals' })
  @ApiOkResponse({ type: TestedFraudConditionView })
  test(@Body() { condition, signals }: TestFraudConditionBody): Promise<TestedFraudConditionView> {
    return this.queries.execute(new TestConditionQuery(condition, signals));
  }

  @Post('rules/dry-run')
  @Allow('fraud:read')
  @HttpCode(200)
  @RateLimit('heavy')
  @Problems({ 'fraud.condition-invalid': 400 }, 'fraud.rule-not-found')
  @ApiOperation({
    operationId: 'dryRunFraudRule',
    summary: 'See what a rule would have done',
    description:
      'Judges up to 5000 past tries again, beside the live rules; counts are as they were then. Changes nothing.',
  })
  @ApiOkResponse({ type: DryRunFraudRuleView })
  dryRun(@Body() body: DryRunFraudRuleBody): Promise<DryRunFraudRuleView> {
    const { ruleId = null, condition, weight = 0, decision = null, from, to } = body;
    return this.queries.execute(
      new DryRunRuleQuery({ ruleId, condition, weight, decision, from: timeOf(from), to: timeOf(to) }),
    );
  }

  @Get('rules/:id')
  @Allow('fraud:read')
  @Problems('fraud.rule-not-found')
  @ApiOperation({ operationId: 'getFraudRule', summary: 'Read a rule' })
  @ApiOkResponse({ type: FraudRuleView })
  rule(@IdParam() id: string): Promise<FraudRuleView> {
    return this.queries.execute(new FindRuleQuery(id));
  }

  @Get('rules/:id/versions')
  @Allow('fraud:read')
  @Problems('fraud.rule-not-found')
  @ApiOperation({ operationId: 'listFraudRuleVersions', summary: 'Read what a rule was', description: 'Newest first.' })
  @ApiOkResponse({ type: FraudRuleVersionsView })
  ruleVersions(@IdParam() id: string): Promise<FraudRuleVersionsView> {
    return this.queries.execute(new RuleVersionsQuery(id));
  }

  @Patch('rules/:id')
  @Allow('fraud:write')
  @Idempotent()
  @Problems(
    'fraud.rule-not-found',
    { 'fraud.condition-invalid': 400, 'fraud.rule-without-effect': 400 },
    'fraud.rule-name-taken',
  )
  @ApiOperation({ operationId: 'changeFraudRule', summary: 'Change a rule' })
  @ApiOkResponse({ type: FraudRuleView })
  changeRule(@IdParam() id: string, @Body() body: ChangeFraudRuleBody): Promise<FraudRuleView> {
    return this.commands.execute(new ChangeRuleCommand(id, { ...body }));
  }

  @Delete('rules/:id')
  @Allow('fraud:write')
  @HttpCode(204)
  @Problems('fraud.rule-not-found')
  @ApiOperation({ operationId: 'deleteFraudRule', summary: 'Take a rule away' })
  @ApiNoContentResponse()
  deleteRule(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteRuleCommand(id));
  }

  @Get('list-entries')
  @Allow('fraud:read')
  @ApiOperation({ operationId: 'listFraudListEntries', summary: 'List what is on the lists' })
  @ApiOkResponse({ type: pageOf(FraudListEntryView) })
  entries(@Query() query: ListFraudListEntriesParams): Promise<Page<FraudListEntryView>> {
    return this.queries.execute(new ListEntriesQuery(query));
  }

  @Post('list-entries')
  @Allow('fraud:write')
  @Idempotent()
  @Problems({ 'fraud.list-entry-invalid': 400 }, 'fraud.list-entry-exists')
  @ApiOperation({
    operationId: 'addFraudListEntry',
    summary: 'Put a value on a list',
    description: 'What blocks goes before what allows, and both before every rule.',
  })
  @ApiCreatedResponse({ type: FraudListEntryView })
  addEntry(@Body() body: AddFraudListEntryBody): Promise<FraudListEntryView> {
    const { list, kind, value, note = null, expiresAt } = body;
    return this.commands.execute(new AddListEntryCommand({ list, kind, value, note, expiresAt: timeOf(expiresAt) }));
  }

  @Post('list-entries/import')
  @Allow('fraud:write')
  @Idempotent()
  @Problems({ 'fraud.list-entry-invalid': 400 })
  @ApiOperation({
    operationId: 'importFraudListEntries',
    summary: 'Put many values on a list',
    description: 'Such as the networks of proxies. What has an entry already keeps it.',
  })
  @ApiCreatedResponse({ type: AddedFraudListEntriesView })
  addEntries(@Body() body: AddFraudListEntriesBody): Promise<AddedFraudListEntriesView> {
    const { list, kind, values, note = null, expiresAt } = body;
    return this.commands.execute(new AddListEntriesCommand(values, { list, kind, note, expiresAt: timeOf(expiresAt) }));
  }

  @Delete('list-entries/:id')
  @Allow('fraud:write')
  @HttpCode(204)
  @Problems('fraud.list-entry-not-found')
  @ApiOperation({ operationId: 'removeFraudListEntry', summary: 'Take a value off its list' })
  @ApiNoContentResponse()
  removeEntry(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new RemoveListEntryCommand(id));
  }

  @Get('assessments')
  @Allow('fraud:read')
  @ApiOperation({ operationId: 'listFraudAssessments', summary: 'List what was judged', description: 'Newest first.' })
  @ApiOkResponse({ type: pageOf(FraudAssessmentView) })
  assessments(@Query() query: ListFraudAssessmentsParams): Promise<Page<FraudAssessmentView>> {
    return this.queries.execute(new ListAssessmentsQuery(query));
  }

  @Get('assessments/:id')
  @Allow('fraud:read')
  @Problems('fraud.assessment-not-found')
  @ApiOperation({
    operationId: 'getFraudAssessment',
    summary: 'Read a judgement with everything that it was made from',
  })
  @ApiOkResponse({ type: FraudAssessmentDetailsView })
  assessment(@IdParam() id: string): Promise<FraudAssessmentDetailsView> {
    return this.queries.execute(new FindAssessmentQuery(id));
  }

  @Put('assessments/:id/label')
  @Allow('fraud:review')
  @Problems('fraud.assessment-not-found')
  @ApiOperation({
    operationId: 'labelFraudAssessment',
    summary: 'Say what a try turned out to be',
    description: 'What rules are measured by, and what a model learns from. A person’s word goes before all others.',
  })
  @ApiOkResponse({ type: FraudAssessmentDetailsView })
  label(@IdParam() id: string, @Body() { label }: LabelFraudAssessmentBody): Promise<FraudAssessmentDetailsView> {
    return this.commands.execute(new LabelAssessmentCommand(id, label));
  }

  @Get('analytics')
  @Allow('fraud:read')
  @RateLimit('heavy')
  @ApiOperation({
    operationId: 'getFraudAnalytics',
    summary: 'Report rates, amounts, reviews, and precision and recall of each rule',
  })
  @ApiOkResponse({ type: FraudAnalyticsView })
  analytics(@Query() { from, to }: FraudAnalyticsParams): Promise<FraudAnalyticsView> {
    const until = timeOf(to) ?? clock.now();
    const since = timeOf(from) ?? new Date(until.getTime() - ANALYTICS_DAYS * 86_400_000);
    return this.queries.execute(new FraudAnalyticsQuery(since, until));
  }
}
