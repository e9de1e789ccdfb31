import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { TemplateRepository } from '../data/template.repository';
import { CATEGORY_OF, categoryNamed } from '../domain/categories';
import { templateNotFound } from '../domain/notifications.errors';
import { templateVersionNotFound } from '../domain/template.errors';
import type { TemplateSource } from '../domain/template-source';
import { productSource, productVariables } from '../templates/product-source';
import { SAMPLES } from '../templates/samples';
import { TEMPLATES } from '../templates/templates';

const isProducts = (name: string): name is keyof typeof TEMPLATES => Object.hasOwn(TEMPLATES, name);

/** A template as the list shows it. */
export interface TemplateFacts {
  name: string;
  category: string;
  critical: boolean;
  /** False: the organization's own alone. */
  product: boolean;
  /** Versions of the organization's own that are in use, by language; empty: the product's is. */
  own: { locale: string; version: number }[];
}

/** Every template of the product and of the organization, by name. */
export class ListTemplatesQuery extends Query<{ data: TemplateFacts[] }> {}

@QueryHandler(ListTemplatesQuery)
export class ListTemplatesHandler implements IQueryHandler<ListTemplatesQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<{ data: TemplateFacts[] }> {
    const rows = await this.database.read<{ name: string; category: string; locale: string; version: number | null }>(
      `select name, locale, max(version) filter (where active) as version, (array_agg(category order by version desc))[1] as category
       from notifications.templates where tenant_id = kernel.tenant_id() group by name, locale order by name, locale`,
    );
    const names = [...new Set([...Object.keys(TEMPLATES), ...rows.map(({ name }) => name)])].sort();
    return {
      data: names.map((name) => {
        const own = rows.filter((row) => row.name === name);
        const category = isProducts(name) ? CATEGORY_OF[name] : own[0].category;
        return {
          name,
          category,
          critical: categoryNamed(category).critical ?? false,
          product: isProducts(name),
          own: own.flatMap(({ locale, version }) => (version === null ? [] : [{ locale, version }])),
        };
      }),
    };
  }
}

/** A template as it is in use. */
export interface TemplateDetails {
  name: string;
  locale: string;
  category: string;
  /** Null: the product's. */
  version: number | null;
  source: TemplateSource;
  /** Names of the data that it may read. */
  variables: string[];
  sample: Record<string, unknown>;
}

/** What is in use of a name for a language. @throws AppError not-found */
export class FindTemplateQuery extends Query<TemplateDetails> {
  constructor(
    readonly name: string,
    readonly locale: string,
    readonly version: number | null = null,
  ) {
    super();
  }
}

@QueryHandler(FindTemplateQuery)
export class FindTemplateHandler implements IQueryHandler<FindTemplateQuery> {
  constructor(private readonly templates: TemplateRepository) {}

  async execute({ name, locale, version }: FindTemplateQuery): Promise<TemplateDetails> {
    const tenantId = currentContext().tenantId!;
    const own =
      version === null
        ? (await this.templates.active(tenantId, name)).find((one) => one.locale === locale)
        : await this.templates.find(tenantId, name, locale, version);
    if (version !== null && !own) throw templateVersionNotFound();
    if (own) {
      const { source, category, sample } = own;
      const variables = isProducts(name) ? productVariables(name) : Object.keys(sample);
      return { name, locale, category, version: own.version, source, variables, sample };
    }
    if (!isProducts(name)) throw templateNotFound();
    return {
      name,
      locale,
      category: CATEGORY_OF[name],
      version: null,
      source: productSource(name),
      variables: productVariables(name),
      sample: SAMPLES[name],
    };
  }
}

/** One version in the list of versions. */
export interface TemplateVersionFacts {
  id: string;
  locale: string;
  version: number;
  active: boolean;
  note: string | null;
  createdBy: string | null;
  createdAt: string;
}

/** The organization's own versions of a name, the newest first. @throws AppError not-found */
export class ListTemplateVersionsQuery extends Query<Page<TemplateVersionFacts>> {
  constructor(
    readonly name: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

const VERSIONS = keyset({
  id: 't.id',
  sorts: { createdAt: { sql: 't.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: { locale: { sql: 't.locale', type: 'text' } },
});

@QueryHandler(ListTemplateVersionsQuery)
export class ListTemplateVersionsHandler implements IQueryHandler<ListTemplateVersionsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ name, list }: ListTemplateVersionsQuery): Promise<Page<TemplateVersionFacts>> {
    if (!isProducts(name)) {
      const [own] = await this.database.read<{ known: boolean }>(
        `select exists (select 1 from notifications.templates where tenant_id = kernel.tenant_id() and name = $1) as known`,
        [name],
      );
      if (!own.known) throw templateNotFound();
    }
    return VERSIONS.run<
      Omit<TemplateVersionFacts, 'createdAt' | 'createdBy'> & { created_at: Date; created_by: string | null },
      TemplateVersionFacts
    >(this.database, list, {
      select: 't.id, t.locale, t.version, t.active, t.note, t.created_by, t.created_at',
      from: 'notifications.templates t',
      where: 't.tenant_id = kernel.tenant_id() and t.name = $1',
      params: [name],
      map: (row) => ({
        id: row.id,
        locale: row.locale,
        version: row.version,
        active: row.active,
        note: row.note,
        createdBy: row.created_by,
        createdAt: row.created_at.toISOString(),
      }),
    });
  }
}
