import { Injectable } from '@nestjs/common';
import type { Channel } from '../contracts/channels';
import { templateNotFound } from '../domain/notifications.errors';
import { Renderer, type Letter, type PushContent } from './renderer';

/** A template as it is for one organization, ready to be filled in. */
export interface BookLetter {
  /** Whether it can be sent by a channel. */
  has(channel: Channel): boolean;
  mail(locale: string | null, values: Record<string, unknown>): Letter;
  text(locale: string | null, values: Record<string, unknown>): Letter;
  push(locale: string | null, values: Record<string, unknown>): PushContent;
}

/** Finds templates by name. */
@Injectable()
export class LetterBook {
  constructor(private readonly renderer: Renderer) {}

  /** @throws AppError not-found `notifications.template-not-found` */
  async find(_tenantId: string, name: string): Promise<BookLetter> {
    if (!this.renderer.has(name, 'email')) throw templateNotFound();
    return {
      has: (channel) => this.renderer.has(name, channel),
      mail: (_locale, values) => this.renderer.render(name, values),
      text: (_locale, values) => {
        const text = this.renderer.renderText(name, values);
        return { subject: text.slice(0, 200), text, html: '' };
      },
      push: (_locale, values) => this.renderer.renderPush(name, values),
    };
  }
}
