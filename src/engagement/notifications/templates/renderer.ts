import { Injectable } from '@nestjs/common';
import { Liquid, type Template } from 'liquidjs';
import { formatAmount, type Money } from '../../../kernel/money/money';
import type { TemplateName } from '../contracts/send-message';
import { LAYOUT, TEMPLATES } from './templates';
import { TEXT_MESSAGES } from './text-messages';

/** A letter ready to be sent. */
export interface Letter {
  subject: string;
  text: string;
  html: string;
}

/** Limits of one rendering: characters of source, milliseconds, and units of memory as liquidjs counts them. */
const LIMITS = { parseLimit: 100_000, renderLimit: 200, memoryLimit: 2_000_000 };

/**
 * Turns a template and its data into a letter. Templates are parsed once; in HTML every value is escaped; nothing is
 * read from disk or network, and a rendering that grows or takes too long is broken off.
 */
@Injectable()
export class Renderer {
  private readonly plain = engine(false);
  private readonly markup = engine(true);
  private readonly parsed = new Map<TemplateName, { subject: Template[]; text: Template[]; html: Template[] }>();

  /** @throws Error for an unknown template or data beyond the limits */
  render(name: TemplateName, data: Record<string, unknown>): Letter {
    const letter = this.parsed.get(name) ?? this.parse(name);
    return {
      // A line break in a name must not become a header of its own.
      subject: (this.plain.renderSync(letter.subject, data) as string).replace(/\s+/g, ' ').trim().slice(0, 200),
      text: this.plain.renderSync(letter.text, data) as string,
      html: this.markup.renderSync(letter.html, data) as string,
    };
  }

  /** The text message of a template, in one line. @throws Error for a template without one */
  renderText(name: TemplateName, data: Record<string, unknown>): string {
    const source = Object.hasOwn(TEXT_MESSAGES, name) ? TEXT_MESSAGES[name] : undefined;
    if (source === undefined) throw new Error(`There is no text message ${name}.`);
    return (this.plain.parseAndRenderSync(source, data) as string).replace(/\s+/g, ' ').trim().slice(0, 600);
  }

  private parse(name: TemplateName): { subject: Template[]; text: Template[]; html: Template[] } {
    if (!Object.hasOwn(TEMPLATES, name)) throw new Error(`There is no template ${name}.`);
    const { subject, preview, text, html } = TEMPLATES[name];
    const parsed = {
      subject: this.plain.parse(subject),
      text: this.plain.parse(text),
      html: this.markup.parse(LAYOUT.before(preview) + html + LAYOUT.after),
    };
    this.parsed.set(name, parsed);
    return parsed;
  }
}

function engine(escape: boolean): Liquid {
  const liquid = new Liquid({
    ...LIMITS,
    strictFilters: true,
    ownPropertyOnly: true,
    outputEscape: escape ? 'escape' : undefined,
    templates: {},
  });
  liquid.registerFilter('money', (money: Money) => `${formatAmount(money)} ${money.currency}`);
  return liquid;
}
