import { Injectable } from '@nestjs/common';
import type { Channel } from '../contracts/channels';
import { TemplateRepository, type OwnTemplate } from '../data/template.repository';
import { CATEGORY_OF } from '../domain/categories';
import { templateNotFound } from '../domain/notifications.errors';
import { dataMissing } from '../domain/template.errors';
import { Renderer, type Letter, type ParsedLetter, type PushContent } from './renderer';

type Values = Record<string, unknown>;

/** A template as it is for one organization, ready to be filled in. */
export interface BookLetter {
  /** What it is about where nobody says otherwise. */
  category: string;
  /** Whether it can be sent by a channel. */
  has(channel: Channel): boolean;
  mail(locale: string | null, values: Values): Letter;
  text(locale: string | null, values: Values): Letter;
  push(locale: string | null, values: Values): PushContent;
  /** Refuses data that lacks what an organization's own template reads. @throws AppError invalid `notifications.data-missing` */
  check(data: Values): void;
}

/** Finds templates by name: an organization's own, by the reader's language, in the place of the product's. */
@Injectable()
export class LetterBook {
  constructor(
    private readonly renderer: Renderer,
    private readonly templates: TemplateRepository,
  ) {}

  /** One statement. @throws AppError not-found `notifications.template-not-found` */
  async find(tenantId: string, name: string): Promise<BookLetter> {
    const own = await this.templates.active(tenantId, name);
    const product = this.renderer.has(name, 'email') ? this.renderer.product(name) : null;
    if (!product && own.length === 0) throw templateNotFound();
    const inLocale = (locale: string | null): ParsedLetter => {
      const chosen = inLanguage(own, locale) ?? (product ? null : own[0]);
      return chosen ? this.parsed(chosen) : product!;
    };
    // What an own template leaves out is the product's.
    const withShort = (locale: string | null): ParsedLetter =>
      [inLocale(locale), ...own.map((one) => this.parsed(one)), product].find((letter) => letter?.has('sms')) ??
      inLocale(locale);
    return {
      category: own[0]?.category ?? CATEGORY_OF[name as keyof typeof CATEGORY_OF],
      has: (channel) => (product?.has(channel) ?? false) || own.some((one) => this.parsed(one).has(channel)),
      mail: (locale, values) => inLocale(locale).mail(values),
      text: (locale, values) => {
        const text = withShort(locale).sms(values);
        return { subject: text.slice(0, 200), text, html: '' };
      },
      push: (locale, values) => inLocale(locale).push(values),
      check: (data) => {
        if (product) return;
        const missing = [...new Set(own.flatMap(({ variables }) => variables))].filter(
          (variable) => !Object.hasOwn(data, variable),
        );
        if (missing.length > 0) throw dataMissing(missing);
      },
    };
  }

  /** A version of an organization's own, whether it is in use or not. */
  parsed({ id, source, compiled }: Pick<OwnTemplate, 'id' | 'source' | 'compiled'>): ParsedLetter {
    return this.renderer.own(id, { ...source, body: compiled });
  }
}

/** The one of a reader's language: `pt-PT`, else `pt`, else the one for every language. */
function inLanguage(own: OwnTemplate[], locale: string | null): OwnTemplate | undefined {
  const wanted = locale ? [locale, locale.split('-')[0], ''] : [''];
  for (const each of wanted) {
    const found = own.find((one) => one.locale.toLowerCase() === each.toLowerCase());
    if (found) return found;
  }
  return undefined;
}
