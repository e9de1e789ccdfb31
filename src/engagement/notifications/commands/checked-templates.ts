import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { MjmlCompiler } from '../adapters/mjml-compiler';
import type { TemplateName } from '../contracts/send-message';
import { templateInvalid, templateNotRendered } from '../domain/template.errors';
import type { TemplateSource } from '../domain/template-source';
import { faultsOf, KNOWN, partsOf, variablesOf } from '../templates/template-faults';
import { neededVariables, productVariables } from '../templates/product-source';
import { ParsedLetter, type Letter, type PushContent } from '../templates/renderer';
import { SAMPLES } from '../templates/samples';
import { TEMPLATES } from '../templates/templates';
import { LetterPictures } from './letter-pictures';
import { Letterhead } from './letterhead';

/** A template that was read, compiled and filled in once. */
export interface CheckedTemplate {
  compiled: string;
  /** Names of the data that it reads. */
  variables: string[];
  /** Files that it shows. */
  pictures: string[];
  sample: Record<string, unknown>;
}

/** A template as its reader would see it. */
export interface RenderedTemplate extends Pick<Letter, 'subject' | 'text' | 'html'> {
  sms: string | null;
  push: PushContent;
}

/** Checks templates that people write before anybody gets them. */
@Injectable()
export class CheckedTemplates {
  constructor(
    private readonly compiler: MjmlCompiler,
    private readonly letterhead: Letterhead,
    private readonly pictures: LetterPictures,
  ) {}

  /** @param sample for names of the product theirs is taken. @throws AppError invalid `notifications.template-invalid`, `notifications.template-not-rendered`; as `LetterPictures.judge` */
  async check(name: string, source: TemplateSource, sample: Record<string, unknown>): Promise<CheckedTemplate> {
    const isProducts = Object.hasOwn(TEMPLATES, name);
    const known = new Set(isProducts ? productVariables(name as TemplateName) : Object.keys(sample));
    const faults = faultsOf(source, known, isProducts ? neededVariables(name as TemplateName) : []);
    if (faults.length > 0) throw templateInvalid(faults.slice(0, 50));
    const pictures = await this.pictures.judge(source.body);
    const answer = await this.compiler.compile(source.body);
    if ('faults' in answer) throw templateInvalid(answer.faults);
    const read = partsOf(source).flatMap(([, text]) => [...variablesOf(text).keys()]);
    const checked = {
      compiled: answer.compiled,
      variables: [...new Set(read)].filter((variable) => !KNOWN.includes(variable)),
      pictures,
      sample: isProducts ? SAMPLES[name as TemplateName] : sample,
    };
    await this.render(source, checked.compiled, checked.sample);
    return checked;
  }

  /** Fills a template in, as the organization. @throws AppError invalid `notifications.template-not-rendered` */
  async render(source: TemplateSource, compiled: string, data: Record<string, unknown>): Promise<RenderedTemplate> {
    const head = await this.letterhead.of(currentContext().tenantId!);
    const values = { recipientName: 'Ada', ...data, ...head, unsubscribeUrl: null };
    try {
      const letter = new ParsedLetter({ ...source, body: compiled });
      const sms = letter.has('sms') ? letter.sms(values) : null;
      return { ...letter.mail(values), sms, push: letter.push(values) };
    } catch (error) {
      throw templateNotRendered((error as Error).message.split('\n')[0]);
    }
  }

  /** As `render`, with its pictures in it. @throws AppError also unavailable `files.storage-unavailable` */
  async show(source: TemplateSource, compiled: string, data: Record<string, unknown>): Promise<RenderedTemplate> {
    const rendered = await this.render(source, compiled, data);
    return { ...rendered, html: await this.pictures.shown(rendered.html) };
  }
}
