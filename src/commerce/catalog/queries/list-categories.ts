import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { categoryNotFound } from '../domain/catalog.errors';

/** A place in the tree of categories. */
export interface CategoryView {
  id: string;
  name: string;
  /** Its name in addresses. */
  slug: string;
  parentId: string | null;
  createdAt: string;
  updatedAt: string;
}

type Named = { id: string; name: string; slug: string };

/** A category with its way from the top, itself last, and what lies directly beneath it, by name. */
export interface CategoryPlaceView extends CategoryView {
  breadcrumbs: Named[];
  children: Named[];
}

/** One category with its place. @throws AppError not-found `catalog.category-not-found` */
export class GetCategoryQuery extends Query<CategoryPlaceView> {
  constructor(readonly categoryId: string) {
    super();
  }
}

/**
 * One category with its place, by its slug or by one that it had before.
 * @throws AppError not-found `catalog.category-not-found`
 */
export class GetCategoryBySlugQuery extends Query<CategoryPlaceView> {
  constructor(readonly slug: string) {
    super();
  }
}

/** All categories of the shop, by name; a tree is small enough to come whole. */
export class ListCategoriesQuery extends Query<CategoryView[]> {}

export const categoryView = (it: {
  id: string;
  name: string;
  slug: string;
  parentId: string | null;
  createdAt: Date;
  updatedAt: Date;
}): CategoryView => ({
  id: it.id,
  name: it.name,
  slug: it.slug,
  parentId: it.parentId,
  createdAt: it.createdAt.toISOString(),
  updatedAt: it.updatedAt.toISOString(),
});

@QueryHandler(ListCategoriesQuery)
export class ListCategoriesHandler implements IQueryHandler<ListCategoriesQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<CategoryView[]> {
    const rows = await this.database.read<Parameters<typeof categoryView>[0]>(
      `select id, name, slug, parent_id as "parentId", created_at as "createdAt", updated_at as "updatedAt"
       from catalog.categories where tenant_id = kernel.tenant_id() order by name_key, id`,
    );
    return rows.map(categoryView);
  }
}

type PlaceRow = Parameters<typeof categoryView>[0] & { breadcrumbs: Named[]; children: Named[] | null };

/** One category with its place, or null; `by` is the SQL of its id in terms of `$1`. */
async function findPlace(database: Database, by: string, value: string): Promise<CategoryPlaceView | null> {
  const [row] = await database.read<PlaceRow>(
    `with recursive way as (
       select c.*, 0 as depth from catalog.categories c where c.tenant_id = kernel.tenant_id() and c.id = ${by}
       union all
       select c.*, w.depth + 1 from way w join catalog.categories c on c.tenant_id = w.tenant_id and c.id = w.parent_id
     )
     select w.id, w.name, w.slug, w.parent_id as "parentId", w.created_at as "createdAt", w.updated_at as "updatedAt",
       (select json_agg(json_build_object('id', id, 'name', name, 'slug', slug) order by depth desc) from way) as breadcrumbs,
       (select json_agg(json_build_object('id', c.id, 'name', c.name, 'slug', c.slug) order by c.name_key, c.id) from catalog.categories c
        where c.tenant_id = w.tenant_id and c.parent_id = w.id) as children
     from way w where w.depth = 0`,
    [value],
  );
  return row ? { ...categoryView(row), breadcrumbs: row.breadcrumbs, children: row.children ?? [] } : null;
}

@QueryHandler(GetCategoryQuery)
export class GetCategoryHandler implements IQueryHandler<GetCategoryQuery> {
  constructor(private readonly database: Database) {}

  async execute({ categoryId }: GetCategoryQuery): Promise<CategoryPlaceView> {
    const found = await findPlace(this.database, '$1', categoryId);
    if (!found) throw categoryNotFound();
    return found;
  }
}

const BY_SLUG = `(select id from catalog.categories where tenant_id = kernel.tenant_id() and slug = $1
  union all select category_id from catalog.former_slugs where tenant_id = kernel.tenant_id() and slug = $1 limit 1)`;

@QueryHandler(GetCategoryBySlugQuery)
export class GetCategoryBySlugHandler implements IQueryHandler<GetCategoryBySlugQuery> {
  constructor(private readonly database: Database) {}

  async execute({ slug }: GetCategoryBySlugQuery): Promise<CategoryPlaceView> {
    const found = await findPlace(this.database, BY_SLUG, slug);
    if (!found) throw categoryNotFound();
    return found;
  }
}
