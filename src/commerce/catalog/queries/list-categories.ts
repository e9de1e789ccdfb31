import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';

/** A place in the tree of categories. */
export interface CategoryView {
  id: string;
  name: string;
  parentId: string | null;
  createdAt: string;
  updatedAt: string;
}

/** All categories of the shop, by name; a tree is small enough to come whole. */
export class ListCategoriesQuery extends Query<CategoryView[]> {}

export const categoryView = (it: {
  id: string;
  name: string;
  parentId: string | null;
  createdAt: Date;
  updatedAt: Date;
}): CategoryView => ({
  id: it.id,
  name: it.name,
  parentId: it.parentId,
  createdAt: it.createdAt.toISOString(),
  updatedAt: it.updatedAt.toISOString(),
});

@QueryHandler(ListCategoriesQuery)
export class ListCategoriesHandler implements IQueryHandler<ListCategoriesQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<CategoryView[]> {
    const rows = await this.database.read<Parameters<typeof categoryView>[0]>(
      `select id, name, parent_id as "parentId", created_at as "createdAt", updated_at as "updatedAt"
       from catalog.categories where tenant_id = kernel.tenant_id() order by name_key, id`,
    );
    return rows.map(categoryView);
  }
}
