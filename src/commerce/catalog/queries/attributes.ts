import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { AttributeDefinition } from '../domain/presentation';

export interface AttributeView extends AttributeDefinition {
  id: string;
  name: string;
  unit: string | null;
  /** Whether searches count and narrow by it. */
  filterable: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export const attributeView = (it: AttributeView): AttributeView => ({
  id: it.id,
  code: it.code,
  name: it.name,
  type: it.type,
  choices: it.choices,
  unit: it.unit,
  filterable: it.filterable,
  createdAt: it.createdAt,
  updatedAt: it.updatedAt,
});

/** A page of the shop's attributes. */
export class ListAttributesQuery extends Query<Page<AttributeView>> {
  constructor(readonly query: ListQuery) {
    super();
  }
}

const ATTRIBUTES = keyset({
  id: 'a.id',
  sorts: { code: { sql: 'a.code', type: 'text' } },
  defaultSort: 'code',
});

@QueryHandler(ListAttributesQuery)
export class ListAttributesHandler implements IQueryHandler<ListAttributesQuery> {
  constructor(private readonly database: Database) {}

  execute({ query }: ListAttributesQuery): Promise<Page<AttributeView>> {
    return ATTRIBUTES.run<AttributeView, AttributeView>(this.database, query, {
      select: `a.id, a.code, a.name, a.type, a.choices, a.unit, a.filterable, a.created_at as "createdAt", a.updated_at as "updatedAt"`,
      from: 'catalog.attributes a',
      where: 'a.tenant_id = kernel.tenant_id()',
      map: attributeView,
    });
  }
}
