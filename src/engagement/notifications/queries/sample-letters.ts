import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import type { TemplateName } from '../contracts/send-message';
import { CATEGORY_OF, categoryNamed } from '../domain/categories';
import { Renderer, type Letter, type PushContent } from '../templates/renderer';
import { SAMPLES } from '../templates/samples';

/** One of the product's letters with invented data. */
export interface SampleLetter extends Letter {
  name: string;
  category: string;
  critical: boolean;
  sms: string | null;
  shown: PushContent;
}

/** Every letter of the product by category and name, or the one of a name. */
export class SampleLettersQuery extends Query<SampleLetter[]> {
  constructor(readonly name?: string) {
    super();
  }
}

@QueryHandler(SampleLettersQuery)
export class SampleLettersHandler implements IQueryHandler<SampleLettersQuery> {
  constructor(
    private readonly renderer: Renderer,
    private readonly config: Config,
  ) {}

  async execute({ name }: SampleLettersQuery): Promise<SampleLetter[]> {
    const names = (Object.keys(SAMPLES) as TemplateName[]).filter((each) => name === undefined || each === name);
    return names
      .map((each) => this.letter(each))
      .sort((a, b) => a.category.localeCompare(b.category) || a.name.localeCompare(b.name));
  }

  private letter(name: TemplateName): SampleLetter {
    const category = CATEGORY_OF[name];
    const critical = categoryNamed(category).critical ?? false;
    const unsubscribeUrl = critical ? null : `${this.config.publicUrl}/unsubscribe/sample`;
    const values = { ...SAMPLES[name], unsubscribeUrl };
    const letter = this.renderer.product(name);
    const sms = letter.has('sms') ? letter.sms(values) : null;
    return { name, category, critical, ...letter.mail(values), sms, shown: letter.push(values) };
  }
}
