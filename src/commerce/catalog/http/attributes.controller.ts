import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, Public } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeAttributeCommand, CreateAttributeCommand } from '../commands/attributes';
import { ListAttributesQuery } from '../queries/attributes';
import { AttributeDetailsView, ChangeAttributeBody, CreateAttributeBody } from './attributes.dto';

@ApiTags('products')
@Controller('product-attributes')
export class AttributesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Public({ tenant: 'required' })
  @ApiOperation({
    operationId: 'listProductAttributes',
    summary: 'List the attributes that products may have',
    description: 'Sorts: code.',
  })
  @ApiOkResponse({ type: pageOf(AttributeDetailsView) })
  list(@Query() query: ListQuery): Promise<Page<AttributeDetailsView>> {
    return this.queries.execute(new ListAttributesQuery(query));
  }

  @Post()
  @Allow('products:write')
  @Idempotent()
  @Problems('catalog.attribute-taken', { 'catalog.choices-invalid': 400 })
  @ApiOperation({ operationId: 'createProductAttribute', summary: 'Create an attribute' })
  create(@Body() body: CreateAttributeBody): Promise<AttributeDetailsView> {
    return this.commands.execute(new CreateAttributeCommand(body));
  }

  @Patch(':id')
  @Allow('products:write')
  @Problems('catalog.attribute-not-found', { 'catalog.choices-invalid': 400 })
  @ApiOperation({ operationId: 'changeProductAttribute', summary: 'Change an attribute; its code and type stay' })
  change(@IdParam() id: string, @Body() body: ChangeAttributeBody): Promise<AttributeDetailsView> {
    return this.commands.execute(new ChangeAttributeCommand(id, body));
  }
}
