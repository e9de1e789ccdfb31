import { Injectable } from '@nestjs/common';
import { Liquid, type Template } from 'liquidjs';
import { formatAmount, type Money } from '../../../kernel/money/money';
import type { Channel } from '../contracts/channels';
import type { TemplateName } from '../contracts/send-message';
import { BODIES, FRAME } from './compiled';
import { assembled } from './mjml';
import { TEMPLATES, TEXT_FOOT } from './templates';

/** What devices and the inbox show of a message. */
export interface PushContent {
  title: string;
  body: string;
  /** For the program that shows it, texts only. */
  data: Record<string, string>;
  collapseKey: string | null;
  link: string | null;
}

/** A letter ready to be sent. */
export interface Letter {
  subject: string;
  text: string;
  html: string;
  /** There for push messages. */
  push?: PushContent;
}

/** Limits of one rendering: characters of source, milliseconds, and units of memory as liquidjs counts them. */
const LIMITS = { parseLimit: 100_000, renderLimit: 200, memoryLimit: 2_000_000 };

type Parsed = Record<'subject' | 'preview' | 'text' | 'html', Template[]> & {
  sms: Template[] | null;
  push: { title: Template[]; body: Template[]; link: Template[]; collapseKey: Template[] } | null;
};

/**
 * Turns a template and its data into a letter. Templates are parsed once; in HTML every value is escaped; nothing is
 * read from disk or network, and a rendering that grows or takes too long is broken off.
 */
@Injectable()
export class Renderer {
  private readonly plain = engine(false);
  private readonly markup = engine(true);
  private readonly parsed = new Map<string, Parsed>();

  /** @throws Error for an unknown template or data beyond the limits */
  render(name: string, data: Record<string, unknown>): Letter {
    const letter = this.of(name);
    return {
      // A line break in a name must not become a header of its own.
      subject: this.line(letter.subject, data, 200),
      text: this.plain.renderSync(letter.text, data) as string,
      html: this.markup.renderSync(letter.html, data) as string,
    };
  }

  /** Whether a template can be sent by a channel. */
  has(name: string, channel: Channel): boolean {
    return Object.hasOwn(TEMPLATES, name) && (channel !== 'sms' || TEMPLATES[name as TemplateName].sms !== undefined);
  }

  /** The text message of a template, in one line. @throws Error for a template without one */
  renderText(name: string, data: Record<string, unknown>): string {
    const { sms } = this.of(name);
    if (sms === null) throw new Error(`There is no text message ${name}.`);
    return this.line(sms, data, 600);
  }

  /** What devices and the inbox show. */
  renderPush(name: string, data: Record<string, unknown>): PushContent {
    const { subject, preview, push } = this.of(name);
    const link = (push && this.line(push.link, data, 500)) || null;
    return {
      title: this.line(push?.title ?? subject, data, 200),
      body: this.line(push?.body ?? preview, data, 1_000),
      link,
      collapseKey: (push && this.line(push.collapseKey, data, 64)) || null,
      data: link ? { link } : {},
    };
  }

  private line(template: Template[], data: Record<string, unknown>, most: number): string {
    return (this.plain.renderSync(template, data) as string).replace(/\s+/g, ' ').trim().slice(0, most);
  }

  private of(name: string): Parsed {
    return this.parsed.get(name) ?? this.parse(name);
  }

  private parse(name: string): Parsed {
    if (!Object.hasOwn(TEMPLATES, name)) throw new Error(`There is no template ${name}.`);
    const { subject, preview, text, sms, push } = TEMPLATES[name as TemplateName];
    const plain = (source: string): Template[] => this.plain.parse(source);
    const parsed: Parsed = {
      subject: plain(subject),
      preview: plain(preview),
      text: plain(text + TEXT_FOOT),
      html: this.markup.parse(assembled(FRAME, BODIES[name], preview)),
      sms: sms === undefined ? null : plain(sms),
      push: push
        ? {
            title: plain(push.title),
            body: plain(push.body),
            link: plain(push.link ?? ''),
            collapseKey: plain(push.collapseKey ?? ''),
          }
        : null,
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
