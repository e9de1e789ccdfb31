import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { categoryNotFound } from '../domain/catalog.errors';

/** A place in the tree of categories. */
export interface CategoryView {
  id: string;
  name: string;
  parentId: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A category with its way from the top, itself last, and what lies directly beneath it, by name. */
export interface CategoryPlaceView extends CategoryView {
  breadcrumbs: { id: string; name: string }[];
  children: { id: string; name: string }[];
}

/** One category with its place. @throws AppError not-found `catalog.category-not-found` */
export class GetCategoryQuery extends Query<CategoryPlaceView> {
  constructor(readonly categoryId: string) {
    super();
  }
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

type Named = { id: string; name: string };

@QueryHandler(GetCategoryQuery)
export class GetCategoryHandler implements IQueryHandler<GetCategoryQuery> {
  constructor(private readonly database: Database) {}

  async execute({ categoryId }: GetCategoryQuery): Promise<CategoryPlaceView> {
    const [row] = await this.database.read<
      Parameters<typeof categoryView>[0] & { breadcrumbs: Named[]; children: Named[] | null }
    >(
      `with recursive way as (
         select c.*, 0 as depth from catalog.categories c where c.tenant_id = kernel.tenant_id() and c.id = $1
         union all
         select c.*, w.depth + 1 from way w join catalog.categories c on c.tenant_id = w.tenant_id and c.id = w.parent_id
       )
       select w.id, w.name, w.parent_id as "parentId", w.created_at as "createdAt", w.updated_at as "updatedAt",
         (select json_agg(json_build_object('id', id, 'name', name) order by depth desc) from way) as breadcrumbs,
         (select json_agg(json_build_object('id', c.id, 'name', c.name) order by c.name_key, c.id) from catalog.categories c
          where c.tenant_id = w.tenant_id and c.parent_id = w.id) as children
       from way w where w.depth = 0`,
      [categoryId],
    );
    if (!row) throw categoryNotFound();
    return { ...categoryView(row), breadcrumbs: row.breadcrumbs, children: row.children ?? [] };
  }
}
