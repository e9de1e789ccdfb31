import { escapeHtml, page } from './page';

interface Reference {
  $ref: string;
}
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  allOf?: Schema[];
}
interface Operation {
  action: 'send' | 'receive';
  channel: Reference;
  summary: string;
  description?: string;
  messages: Reference[];
  reply?: { messages: Reference[] };
  'x-permission'?: string[];
  'x-problem-codes'?: string[];
}
interface Message {
  name: string;
  payload: Schema & { oneOf?: Schema[] };
}

/** The part of an AsyncAPI 3 document that the page shows. */
export interface EventsDocument {
  info: { description: string };
  channels: Record<string, { address: string; messages: Record<string, Reference> }>;
  operations: Record<string, Operation>;
  components: { messages: Record<string, Message>; schemas: Record<string, Schema> };
}

const lastOf = ({ $ref }: Reference): string => $ref.slice($ref.lastIndexOf('/') + 1);
const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;
/** Backticks of a description as code. */
const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

const STYLE = `<style>section{margin:2.2rem 0}article{border-top:1px solid color-mix(in srgb,currentColor 15%,transparent);padding:.9rem 0}
article h3{margin:0 0 .2rem;font-size:1rem}article p{margin:.2rem 0}table{border-collapse:collapse;margin:.4rem 0;font-size:.9rem}
td{padding:.15rem .9rem .15rem 0;vertical-align:top}small{opacity:.75}</style>`;

/** A readable page of all socket events: what clients send, what they hear, and what is in it. */
export function eventsPage({ info, channels, operations, components }: EventsDocument): string {
  const resolve = (schema: Schema): Schema => (schema.$ref ? components.schemas[lastOf(schema as Reference)] : schema);
  const typeOf = (schema: Schema): string => {
    if (schema.$ref) return lastOf(schema as Reference);
    const union = schema.anyOf ?? schema.allOf;
    if (union) return union.map(typeOf).join(' or ');
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
    if (schema.items) return `${typeOf(schema.items)}[]`;
    return [schema.type ?? 'any'].flat().join(' or ');
  };
  const members = (schema: Schema): string => {
    const { properties = {}, required = [] } = resolve(schema);
    const rows = Object.entries(properties).map(
      ([name, member]) =>
        `<tr><td>${code(name + (required.includes(name) ? '' : '?'))}</td><td>${escapeHtml(typeOf(member))}</td><td>${prose(member.description ?? '')}</td></tr>`,
    );
    return rows.length > 0 ? `<table>${rows.join('')}</table>` : '';
  };
  const articles = (channel: string, action: Operation['action']): string =>
    Object.values(operations)
      .filter((operation) => operation.action === action && lastOf(operation.channel) === channel)
      .map((operation) => {
        const { name, payload } = components.messages[`${channel}.${lastOf(operation.messages[0])}`];
        const [done] = operation.reply
          ? (components.messages[`${channel}.${lastOf(operation.reply.messages[0])}`].payload.oneOf ?? [])
          : [];
        const facts = [
          operation['x-permission']?.length ? `Needs ${operation['x-permission'].map(code).join(' or ')}.` : '',
          operation['x-problem-codes'] ? `Problems: ${operation['x-problem-codes'].map(code).join(', ')}` : '',
        ].filter(Boolean);
        return `<article><h3>${code(name)}</h3><p>${prose(operation.summary)}. ${prose(operation.description ?? '')}</p>${members(payload)}${
          done?.$ref ? `<p>Acknowledged with ${escapeHtml(typeOf(done))}</p>${members(done)}` : ''
        }${facts.length > 0 ? `<p><small>${facts.join('<br>')}</small></p>` : ''}</article>`;
      })
      .join('');
  const sections = Object.entries(channels).map(
    ([channel, { address }]) =>
      `<section><h2>Namespace ${code(address)}</h2><h3>Clients send</h3>${articles(channel, 'receive')}<h3>Clients hear</h3>${articles(channel, 'send')}</section>`,
  );
  const lead = info.description
    .split(/\n\n|\n- /)
    .map((text) => `<p>${prose(text.replace(/^- /, ''))}</p>`)
    .join('');
  return page(
    'Socket events',
    `${STYLE}<h1>Socket events</h1>${lead}${sections.join('')}<footer><a href="/asyncapi.json">AsyncAPI document</a></footer>`,
  );
}
