import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { CheckedTemplates, type RenderedTemplate } from '../commands/checked-templates';
import { TemplateRepository } from '../data/template.repository';
import type { TemplateSource } from '../domain/template-source';
import { BODIES } from '../templates/compiled';
import { FindTemplateQuery } from './templates';

export interface PreviewRequest {
  name: string;
  locale: string;
  /** A version of the organization's own; null: what is in use. */
  version: number | null;
  /** What nobody has saved yet, in the place of a version. */
  source: TemplateSource | null;
  /** In the place of the sample's. */
  data: Record<string, unknown> | null;
}

/** A template as its reader would see it. @throws AppError not-found, invalid */
export class PreviewTemplateQuery extends Query<RenderedTemplate> {
  constructor(readonly request: PreviewRequest) {
    super();
  }
}

@QueryHandler(PreviewTemplateQuery)
export class PreviewTemplateHandler implements IQueryHandler<PreviewTemplateQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly templates: TemplateRepository,
    private readonly checked: CheckedTemplates,
  ) {}

  async execute({ request }: PreviewTemplateQuery): Promise<RenderedTemplate> {
    const { name, locale, source, data } = request;
    if (source) {
      const { compiled, sample } = await this.checked.check(name, source, data ?? {});
      return this.checked.show(source, compiled, data ?? sample);
    }
    const found = await this.queries.execute(new FindTemplateQuery(name, locale, request.version));
    const own =
      found.version === null
        ? null
        : await this.templates.find(currentContext().tenantId!, name, locale, found.version);
    return this.checked.show(found.source, own?.compiled ?? BODIES[name], data ?? found.sample);
  }
}
