import { Body, Controller, Get, Patch, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { ActivateModelCommand, AskForModelCommand } from '../commands/manage-models';
import { FindModelQuery, ListModelsQuery } from '../queries/models';
import { ChangeFraudModelBody, FraudModelsView, FraudModelView } from './fraud-models.dto';

/** Models that learn from what a shop's payments turned out to be. */
@ApiTags('fraud')
@Controller('fraud/models')
export class FraudModelsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('fraud:read')
  @ApiOperation({ operationId: 'listFraudModels', summary: 'List models', description: 'Newest first.' })
  @ApiOkResponse({ type: FraudModelsView })
  list(): Promise<FraudModelsView> {
    return this.queries.execute(new ListModelsQuery());
  }

  @Post()
  @Allow('fraud:write')
  @Idempotent()
  @RateLimit('heavy')
  @Problems('fraud.too-few-labels', 'fraud.training-under-way')
  @ApiOperation({
    operationId: 'trainFraudModel',
    summary: 'Train a model',
    description:
      'Boosted trees on what the shop’s own tries turned out to be; measured on the newest quarter of them, beside the rules. It decides nothing: rules may compare its signal once it is active.',
  })
  @ApiCreatedResponse({ type: FraudModelView })
  train(): Promise<FraudModelView> {
    return this.commands.execute(new AskForModelCommand());
  }

  @Get(':id')
  @Allow('fraud:read')
  @Problems('fraud.model-not-found')
  @ApiOperation({ operationId: 'getFraudModel', summary: 'Read how a model did' })
  @ApiOkResponse({ type: FraudModelView })
  get(@IdParam() id: string): Promise<FraudModelView> {
    return this.queries.execute(new FindModelQuery(id));
  }

  @Patch(':id')
  @Allow('fraud:write')
  @Idempotent()
  @Problems('fraud.model-not-found', 'fraud.model-not-ready')
  @ApiOperation({ operationId: 'changeFraudModel', summary: 'Let a model give its signal, or not' })
  @ApiOkResponse({ type: FraudModelView })
  change(@IdParam() id: string, @Body() { active }: ChangeFraudModelBody): Promise<FraudModelView> {
    return this.commands.execute(new ActivateModelCommand(id, active));
  }
}
