import { Liquid, TagToken, TokenKind, type Template } from 'liquidjs';

import type { TemplateFault, TemplateSource } from '../domain/template-source';
import { elementsOf, placeOf } from './markup';
import { pictureFaults } from './picture-faults';

const LENGTHS: Record<string, number> = {
  '/subject': 300,
  '/preview': 300,
  '/text': 20_000,
  '/body': 50_000,
  '/sms': 600,
  '/push/title': 200,
  '/push/body': 500,
  '/push/link': 500,
};
/** Tags that a letter needs. Nothing that reads other templates, and no loop but over what the data holds. */
const TAGS =
  'if elsif else endif unless endunless case when endcase for endfor break continue assign comment endcomment';
const ALLOWED = new Set(TAGS.split(' '));
/** `raw` would let markup of the data through; the others make text of any length out of nothing. */
const REFUSED_FILTERS = /\|\s*(raw|json|inspect|map|where_exp|concat|push|unshift|repeat|date_to_xmlschema)\b/g;
const MOST_NESTED = 2;
/** What every template knows besides its data. */
export const KNOWN = ['sender', 'publicUrl', 'brand', 'unsubscribeUrl', 'recipientName', 'forloop'];

const parser = new Liquid({ ownPropertyOnly: true, strictFilters: true, templates: {}, parseLimit: 100_000 });
parser.registerFilter('money', (value: unknown) => value);

/** The parts of a template by JSON pointer, those that are there. */
export function partsOf(source: TemplateSource): [string, string][] {
  const parts: [string, string | null | undefined][] = [
    ['/subject', source.subject],
    ['/preview', source.preview],
    ['/text', source.text],
    ['/body', source.body],
    ['/sms', source.sms],
    ['/push/title', source.push?.title],
    ['/push/body', source.push?.body],
    ['/push/link', source.push?.link],
  ];
  return parts.filter((part): part is [string, string] => typeof part[1] === 'string');
}

/** Names of the data that a source reads, of the outermost level, each with its first place. */
export function variablesOf(text: string): Map<string, { line: number; column: number }> {
  const found = new Map<string, { line: number; column: number }>();
  const { globals } = parser.analyzeSync(parser.parse(text), { partials: false });
  for (const [name, places] of Object.entries(globals)) {
    const { row, col } = places[0].location;
    if (name !== 'forloop') found.set(name, { line: row, column: col });
  }
  return found;
}

/**
 * Everything that is wrong with a template but what the compiler of MJML finds.
 * @param known names of the data that there will be
 * @param needed names that text and body must show, because the letter is worth nothing without them
 */
export function faultsOf(
  source: TemplateSource,
  known: ReadonlySet<string>,
  needed: readonly string[] = [],
): TemplateFault[] {
  const faults: TemplateFault[] = [];
  for (const [pointer, text] of partsOf(source)) {
    if (text.length > LENGTHS[pointer]) {
      faults.push({ pointer, code: 'too-long', detail: `at most ${LENGTHS[pointer]} characters` });
      continue;
    }
    const found = liquidFaults(pointer, text, known);
    faults.push(...(found.length > 0 || pointer !== '/body' ? found : markupFaults(pointer, text)));
  }
  if (faults.length > 0) return faults;
  for (const name of needed)
    for (const [pointer, text] of [
      ['/text', source.text],
      ['/body', source.body],
    ] as const)
      if (!variablesOf(text).has(name))
        faults.push({
          pointer,
          code: 'variable-unused',
          detail: `{{ ${name} }} must be in it: without it the letter is worth nothing`,
        });
  return faults;
}

function liquidFaults(pointer: string, text: string, known: ReadonlySet<string>): TemplateFault[] {
  const faults: TemplateFault[] = [];
  const at = (index: number): { line: number; column: number } => placeOf(text, index);
  for (const match of text.matchAll(/\{%-?\s*(\w+)/g))
    if (!ALLOWED.has(match[1]))
      faults.push({ pointer, code: 'tag-not-allowed', detail: `the tag ${match[1]}`, ...at(match.index) });
  for (const match of text.matchAll(REFUSED_FILTERS))
    faults.push({ pointer, code: 'filter-not-allowed', detail: `the filter ${match[1]}`, ...at(match.index) });
  if (faults.length > 0) return faults;
  let templates: Template[];
  try {
    templates = parser.parse(text);
  } catch (error) {
    const { token, message } = error as { token?: { getPosition(): number[] }; message: string };
    const [line, column] = token?.getPosition() ?? [];
    return [{ pointer, code: 'syntax', detail: message.split(', line:')[0].slice(0, 200), line, column }];
  }
  loopFaults(pointer, templates, 1, faults);
  for (const [name, place] of variablesOf(text))
    if (!known.has(name) && !KNOWN.includes(name))
      faults.push({ pointer, code: 'variable-missing', detail: `there is no ${name.slice(0, 60)}`, ...place });
  return faults;
}

/** Loops go over lists of the data, which have an end, and no deeper than `MOST_NESTED`. */
function loopFaults(pointer: string, templates: Template[], depth: number, faults: TemplateFault[]): void {
  for (const template of templates) {
    const { token } = template;
    const isLoop = token instanceof TagToken && token.name === 'for';
    const [line, column] = token.getPosition();
    if (isLoop && depth > MOST_NESTED)
      faults.push({ pointer, code: 'loops-nested', detail: `loops within ${MOST_NESTED} others`, line, column });
    const { collection } = template as { collection?: { kind: TokenKind } };
    if (isLoop && collection?.kind === TokenKind.Range)
      faults.push({
        pointer,
        code: 'loop-unbounded',
        detail: 'a loop over numbers; loop over a list of the data',
        line,
        column,
      });
    const children = template.children ? childrenOf(template) : [];
    loopFaults(pointer, children, depth + (isLoop ? 1 : 0), faults);
  }
}

function childrenOf(template: Template): Template[] {
  const children = template.children!(false, true) as Iterator<unknown, Template[]>;
  return children.next().value as Template[];
}

const COMPONENT = /^mj-(text|button|table|divider|spacer|image)$/;
/** Components with markup, in which others are nothing. */
const WITH_MARKUP = /^mj-(text|button|table)$/;
const MARKUP =
  /^(a|b|strong|i|em|u|s|br|span|small|sub|sup|p|div|h[1-4]|ul|ol|li|blockquote|code|pre|hr|thead|tbody|tfoot|tr|td|th)$/;
const LINK = /^\s*(https:\/\/|mailto:|tel:|#|\{\{\s*publicUrl\s*\}\}|\{[{%])/;

/**
 * Markup that runs, loads or leads elsewhere is refused, and so is whatever cannot be read for sure. Pictures are `mj-image`
 * alone, whose address and text are judged.
 */
function markupFaults(pointer: string, text: string): TemplateFault[] {
  const faults: TemplateFault[] = [];
  let within: string | null = null;
  for (const { tag, attributes: given, ...place } of elementsOf(text)) {
    if (!tag) {
      faults.push({ pointer, code: 'markup-not-allowed', detail: 'a < that begins no tag; write &lt;', ...place });
      continue;
    }
    const name = tag[2].toLowerCase();
    // What ends began before.
    if (tag[1]) {
      if (name === within) within = null;
      continue;
    }
    if (name === 'script' || name === 'style' || name === 'iframe' || name === 'object' || name === 'form')
      faults.push({ pointer, code: 'script', detail: `the element ${name}`, ...place });
    else if (/^(img|video|audio|link|source|mj-carousel|mj-include|svg)$/.test(name))
      faults.push({ pointer, code: 'remote-resource', detail: `the element ${name}`, ...place });
    else if (!COMPONENT.test(name) && !MARKUP.test(name))
      faults.push({ pointer, code: 'markup-not-allowed', detail: `the element ${name}`, ...place });
    const isPicture = name === 'mj-image';
    if (isPicture && (within !== null || tag[2] !== name))
      faults.push({ pointer, code: 'markup-not-allowed', detail: 'mj-image stands beside mj-text', ...place });
    if (WITH_MARKUP.test(name) && !tag[4]) within = name;
    const attributes = new Map<string, string>();
    for (const { name: attribute, value, quote } of given) {
      const again = isPicture && attributes.has(attribute);
      attributes.set(attribute, value);
      const fault = isPicture && attribute === 'src' && !again ? null : attributeFault(attribute, value);
      if (fault) faults.push({ pointer, ...fault, ...place });
      // The compiler writes values in double quotes: what follows one of their own would be further attributes.
      if (name.startsWith('mj-') && quote === "'" && withoutLiquid(value).includes('"'))
        faults.push({ pointer, code: 'markup-not-allowed', detail: `a " in ${attribute}; write &quot;`, ...place });
    }
    if (isPicture) faults.push(...pictureFaults(attributes).map((fault) => ({ pointer, ...fault, ...place })));
  }
  return faults;
}

/** What Liquid fills in is escaped. */
const withoutLiquid = (value: string): string => value.replace(/\{\{.*?\}\}|\{%.*?%\}/gs, '');

function attributeFault(name: string, value: string): Pick<TemplateFault, 'code' | 'detail'> | null {
  if (name.startsWith('on')) return { code: 'script', detail: `the attribute ${name}` };
  if (/^(src|srcset|background|background-url|poster|data|action|formaction|xlink:href)$/.test(name))
    return { code: 'remote-resource', detail: `the attribute ${name}` };
  if (/url\s*\(|@import|expression\s*\(|\\/i.test(value) && name !== 'href')
    return { code: 'remote-resource', detail: `what ${name} loads` };
  if (name === 'href' && (!LINK.test(value) || /(?:javascript|vbscript|data|file):/i.test(value)))
    return { code: 'link-not-allowed', detail: 'a link begins with https://, mailto:, tel: or {{ publicUrl }}' };
  return null;
}
