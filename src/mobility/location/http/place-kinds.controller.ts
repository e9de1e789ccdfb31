import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { CreatePlaceKindCommand, DeletePlaceKindCommand } from '../commands/manage-place-kinds';
import { ListPlaceKindsQuery } from '../queries/places';
import { CreatePlaceKindBody, PlaceKindListView, PlaceKindView } from './told.dto';

/** Kinds of place: the product's, and those of one's own. */
@ApiTags('places')
@Controller('place-kinds')
export class PlaceKindsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('places:read')
  @ApiOperation({ operationId: 'listPlaceKinds', summary: 'List kinds of place' })
  @ApiOkResponse({ type: PlaceKindListView })
  list(): Promise<PlaceKindListView> {
    return this.queries.execute(new ListPlaceKindsQuery());
  }

  @Post()
  @Allow('places:write')
  @Problems('location.place-kind-taken')
  @ApiOperation({ operationId: 'createPlaceKind', summary: 'Make a kind of place' })
  @ApiCreatedResponse({ type: PlaceKindView })
  create(@Body() { key, name }: CreatePlaceKindBody): Promise<PlaceKindView> {
    return this.commands.execute(new CreatePlaceKindCommand(key, name));
  }

  @Delete(':id')
  @Allow('places:write')
  @HttpCode(204)
  @Problems('location.place-kind-not-found', 'location.place-kind-in-use')
  @ApiOperation({ operationId: 'deletePlaceKind', summary: 'Delete a kind of place that nothing is of' })
  @ApiNoContentResponse()
  delete(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeletePlaceKindCommand(id));
  }
}
