import { applyDecorators, Header } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AppError } from '../../../kernel/errors/app-error';
import { escapeHtml, page } from '../../../kernel/http/page';

/** Nothing is loaded, nothing runs, the form goes home; the address carries the token and is told to nobody. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** A page behind the link of a mail: complete in itself, kept by nobody. */
export const LinkPage = (): MethodDecorator =>
  applyDecorators(
    Header('Content-Type', 'text/html; charset=utf-8'),
    Header('Content-Security-Policy', POLICY),
    Header('X-Robots-Tag', 'noindex'),
  ) as MethodDecorator;

/** The page that a link opens. Opening changes nothing, so that scanners use nothing up; its one button posts. */
export const askPage = (text: {
  title: string;
  lead: string;
  button: string;
  footer: string;
  /** Fields of the form, as HTML. */
  fields?: string;
}): string =>
  page(
    text.title,
    `<h1>${escapeHtml(text.title)}</h1><p class="lead">${escapeHtml(text.lead)}</p>
     <form method="post">${text.fields ?? ''}<button type="submit">${escapeHtml(text.button)}</button></form>
     <footer>${escapeHtml(text.footer)}</footer>`,
  );

export const donePage = (title: string, lead: string): string =>
  page(title, `<h1>${escapeHtml(title)}</h1><p class="lead">${escapeHtml(lead)}</p>`);

/** Does what the button is for; a link that does not work is said on a page with the status of the problem. */
export async function settlePage(reply: FastifyReply, work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || !['not-found', 'gone', 'conflict'].includes(error.kind)) throw error;
    void reply.code(error.status);
    const hint = typeof error.data.hint === 'string' ? error.data.hint : '';
    return donePage('This link does not work', `${error.detail} ${hint}`.trim());
  }
}
