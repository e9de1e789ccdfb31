import type { TemplateName } from '../contracts/send-message';
import type { TemplateSource } from '../domain/template-source';
import { KNOWN, partsOf, variablesOf } from './template-faults';
import { SAMPLES } from './samples';
import { TEMPLATES } from './templates';

/** A template of the product as people would write it. */
export function productSource(name: TemplateName): TemplateSource {
  const { subject, preview, text, body, sms, push } = TEMPLATES[name];
  return {
    subject,
    preview,
    text,
    body,
    sms: sms ?? null,
    push: push ? { title: push.title, body: push.body, link: push.link ?? null } : null,
  };
}

/** Names of the data that a template of the product is given. */
export function productVariables(name: TemplateName): string[] {
  const read = partsOf(productSource(name)).flatMap(([, text]) => [...variablesOf(text).keys()]);
  const given = Object.keys(SAMPLES[name]);
  return [...new Set([...read, ...given])].filter((variable) => !KNOWN.includes(variable)).sort();
}

/** What a letter is worth nothing without: its code, or the token of its link. */
export const neededVariables = (name: TemplateName): string[] => {
  const { text, body } = TEMPLATES[name];
  const inBody = variablesOf(body);
  return [...variablesOf(text).keys()].filter((variable) => inBody.has(variable) && /token$|^code$/i.test(variable));
};
