import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ResponseSchemas } from './response-schema';

const FILE = path.resolve(__dirname, '../../docs/asyncapi.json');

interface Message {
  name: string;
  payload: unknown;
}

/** The committed AsyncAPI document. */
export interface EventsDocument {
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  operations: Record<
    string,
    { action: 'send' | 'receive'; channel: { $ref: string }; messages: { $ref: string }[]; 'x-permission'?: string[] }
  >;
  components: { messages: Record<string, Message>; schemas: Record<string, unknown> };
}

export const eventsDocument = (): EventsDocument => JSON.parse(readFileSync(FILE, 'utf8')) as EventsDocument;

let known: { document: EventsDocument; schemas: ResponseSchemas } | null = null;

/**
 * What is wrong with the payload of an event of any namespace by the document, one line a fault. An event that the
 * document does not know has no faults: that it must be there is tried by itself.
 */
export function payloadFaults(event: string, payload: unknown): string[] {
  known ??= ((document) => ({ document, schemas: new ResponseSchemas(document) }))(eventsDocument());
  const messages = Object.values(known.document.components.messages).filter(({ name }) => name === event);
  const sent = JSON.parse(JSON.stringify(payload)) as unknown;
  const faults = messages.map((message) => known!.schemas.faults(message.payload, sent));
  if (faults.length === 0 || faults.some((found) => found.length === 0)) return [];
  return faults[0].map((fault) => `${event}: ${fault}`);
}
