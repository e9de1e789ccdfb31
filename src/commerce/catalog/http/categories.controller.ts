import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, Public } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ChangeCategoryCommand, CreateCategoryCommand, RemoveCategoryCommand } from '../commands/change-categories';
import { GetCategoryBySlugQuery, GetCategoryQuery, ListCategoriesQuery } from '../queries/list-categories';
import {
  CategoryDetailsView,
  CategoryListView,
  CategoryPlaceDetailsView,
  CategorySlugParams,
  ChangeCategoryBody,
  CreateCategoryBody,
} from './categories.dto';

@ApiTags('categories')
@Controller('categories')
export class CategoriesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Public({ tenant: 'required' })
  @ApiOperation({
    operationId: 'listCategories',
    summary: 'List all categories by name',
    description: 'The whole tree at once; `parentId` says where each lies.',
  })
  async list(): Promise<CategoryListView> {
    return { data: await this.queries.execute(new ListCategoriesQuery()) };
  }

  @Get(':id')
  @Public({ tenant: 'required' })
  @Problems('catalog.category-not-found')
  @ApiOperation({ operationId: 'getCategory', summary: 'Read a category with its place in the tree' })
  get(@IdParam() id: string): Promise<CategoryPlaceDetailsView> {
    return this.queries.execute(new GetCategoryQuery(id));
  }

  @Get('by-slug')
  @Public({ tenant: 'required' })
  @Problems('catalog.category-not-found')
  @ApiOperation({
    operationId: 'getCategoryBySlug',
    summary: 'Read a category by its name in addresses',
    description:
      'A slug that the category had before finds it too: where the answer’s `slug` is another one, the address has moved, and `Link: rel="canonical"` names the present one.',
  })
  async bySlug(
    @Query() { slug }: CategorySlugParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CategoryPlaceDetailsView> {
    const found = await this.queries.execute(new GetCategoryBySlugQuery(slug));
    if (found.slug !== slug)
      void reply.header('link', `</api/v1/categories/by-slug?slug=${encodeURIComponent(found.slug)}>; rel="canonical"`);
    return found;
  }

  @Post()
  @Allow('categories:write')
  @Idempotent()
  @Problems('catalog.category-taken', 'catalog.slug-taken', { 'catalog.unknown-category': 400 })
  @ApiOperation({ operationId: 'createCategory', summary: 'Create a category' })
  create(@Body() body: CreateCategoryBody): Promise<CategoryDetailsView> {
    return this.commands.execute(new CreateCategoryCommand(body));
  }

  @Patch(':id')
  @Allow('categories:write')
  @Problems('catalog.category-not-found', 'catalog.category-taken', 'catalog.slug-taken', 'catalog.category-cycle', {
    'catalog.unknown-category': 400,
  })
  @ApiOperation({ operationId: 'changeCategory', summary: 'Rename or move a category' })
  change(@IdParam() id: string, @Body() body: ChangeCategoryBody): Promise<CategoryDetailsView> {
    return this.commands.execute(new ChangeCategoryCommand(id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('categories:write')
  @Problems('catalog.category-not-found', 'catalog.category-in-use')
  @ApiOperation({ operationId: 'removeCategory', summary: 'Remove an empty category' })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveCategoryCommand(id));
  }
}
