import { Injectable } from '@nestjs/common';
import { Liquid, type Template } from 'liquidjs';
import { LRUCache } from 'lru-cache';
import { formatAmount, type Money } from '../../../kernel/money/money';
import type { Channel } from '../contracts/channels';
import type { TemplateName } from '../contracts/send-message';
import { BODIES, FRAME } from './compiled';
import { assembled } from './mjml';
import { TEMPLATES, TEXT_FOOT, type LetterTemplate } from './templates';

/** What devices and the inbox show of a message. */
export interface PushContent {
  title: string;
  body: string;
  /** For the program that shows it, texts only. */
  data: Record<string, string>;
  collapseKey: string | null;
  link: string | null;
}

/** A picture that a mail carries. */
export interface LetterPicture {
  /** By which its HTML names it (`cid:`, RFC 2392). */
  contentId: string;
  /** Of the file. */
  name: string;
  mediaType: string;
  bytes: Buffer;
}

/** A letter ready to be sent. */
export interface Letter {
  subject: string;
  text: string;
  html: string;
  /** There for mails that carry some. */
  pictures?: LetterPicture[];
  /** There for push messages. */
  push?: PushContent;
}

/** Limits of one rendering: characters of source, milliseconds, and units of memory as liquidjs counts them. */
const LIMITS = { parseLimit: 100_000, renderLimit: 200, memoryLimit: 2_000_000 };

/** Sources of a letter in Liquid, its HTML compiled. */
interface LetterSource extends Pick<LetterTemplate, 'subject' | 'preview' | 'text'> {
  body: string;
  sms?: string | null;
  push?: { title: string; body: string; link?: string | null; collapseKey?: string | null } | null;
}

/** Parsed templates of organizations that are kept; each takes some 50 KB. */
const MOST_KEPT = 500;

/**
 * Turns a template and its data into a letter. Templates are parsed once; in HTML every value is escaped; nothing is
 * read from disk or network, and a rendering that grows or takes too long is broken off.
 */
@Injectable()
export class Renderer {
  private readonly parsed = new Map<string, ParsedLetter>();
  private readonly kept = new LRUCache<string, ParsedLetter>({ max: MOST_KEPT });

  /** @throws Error for an unknown template or data beyond the limits */
  render(name: string, data: Record<string, unknown>): Letter {
    return this.product(name).mail(data);
  }

  /** Whether a template of the product can be sent by a channel. */
  has(name: string, channel: Channel): boolean {
    return Object.hasOwn(TEMPLATES, name) && this.product(name).has(channel);
  }

  /** The text message of a template, in one line. @throws Error for a template without one */
  renderText(name: string, data: Record<string, unknown>): string {
    return this.product(name).sms(data);
  }

  /** A letter of the product. @throws Error for an unknown one */
  product(name: string): ParsedLetter {
    const known = this.parsed.get(name);
    if (known) return known;
    if (!Object.hasOwn(TEMPLATES, name)) throw new Error(`There is no template ${name}.`);
    const letter = new ParsedLetter({ ...TEMPLATES[name as TemplateName], body: BODIES[name] });
    this.parsed.set(name, letter);
    return letter;
  }

  /** A letter that an organization wrote; `key` names this very text. */
  own(key: string, source: LetterSource): ParsedLetter {
    const known = this.kept.get(key);
    if (known) return known;
    const letter = new ParsedLetter(source);
    this.kept.set(key, letter);
    return letter;
  }
}

/** A letter that waits for its data. */
export class ParsedLetter {
  private readonly subject: Template[];
  private readonly preview: Template[];
  private readonly text: Template[];
  private readonly html: Template[];
  private readonly short: Template[] | null;
  private readonly shown: Record<'title' | 'body' | 'link' | 'collapseKey', Template[]> | null;

  constructor({ subject, preview, text, body, sms, push }: LetterSource) {
    const parse = (source: string | null | undefined): Template[] => PLAIN.parse(source ?? '');
    this.subject = parse(subject);
    this.preview = parse(preview);
    this.text = parse(text + TEXT_FOOT);
    this.html = MARKUP.parse(assembled(FRAME, body, preview));
    this.short = sms ? parse(sms) : null;
    this.shown = push
      ? {
          title: parse(push.title),
          body: parse(push.body),
          link: parse(push.link),
          collapseKey: parse(push.collapseKey),
        }
      : null;
  }

  /** Whether it has a part for a channel. */
  has(channel: Channel): boolean {
    return channel !== 'sms' || this.short !== null;
  }

  mail(data: Record<string, unknown>): Letter {
    return {
      // A line break in a name must not become a header of its own.
      subject: line(this.subject, data, 200),
      text: filled(PLAIN, this.text, data),
      html: filled(MARKUP, this.html, data),
    };
  }

  /** In one line. @throws Error where it has none */
  sms(data: Record<string, unknown>): string {
    if (!this.short) throw new Error('There is no text message of this template.');
    return line(this.short, data, 600);
  }

  /** What devices and the inbox show. */
  push(data: Record<string, unknown>): PushContent {
    const link = (this.shown && line(this.shown.link, data, 500)) || null;
    return {
      title: line(this.shown?.title ?? this.subject, data, 200),
      body: line(this.shown?.body ?? this.preview, data, 1_000),
      link,
      collapseKey: (this.shown && line(this.shown.collapseKey, data, 64)) || null,
      data: link ? { link } : {},
    };
  }
}

/**
 * Fills a template in. The limit counts the time of the clock, also while the machine does something else: what was too
 * long is tried once more, and what takes too long by itself does so again.
 */
function filled(liquid: Liquid, template: Template[], data: Record<string, unknown>): string {
  try {
    return liquid.renderSync(template, data) as string;
  } catch (error) {
    if (!/template render limit exceeded/.test((error as Error).message)) throw error;
    return liquid.renderSync(template, data) as string;
  }
}

const line = (template: Template[], data: Record<string, unknown>, most: number): string =>
  filled(PLAIN, template, data).replace(/\s+/g, ' ').trim().slice(0, most);

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

const PLAIN = engine(false);
const MARKUP = engine(true);
