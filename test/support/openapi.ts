import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  minimum?: number;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema?: Schema;
  example?: unknown;
}

export interface Media {
  schema?: Schema;
  example?: unknown;
}

interface RawOperation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content?: Record<string, Media> };
  responses?: Record<string, { content?: Record<string, Media> }>;
  security?: Record<string, string[]>[];
  'x-permission'?: unknown;
}

/** One operation of the committed document. */
export interface Operation {
  id: string;
  method: string;
  path: string;
  parameters: Parameter[];
  body?: Schema;
  contentType?: string;
  /** Bodies by their content type. */
  contents: Record<string, Media>;
  /** Answers by their status. */
  responses: Record<string, { content?: Record<string, Media> }>;
  /** False when the document says that anyone may call. */
  secured: boolean;
  permission: unknown;
}

interface Document {
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, Schema> };
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];

/** The committed API document. */
export function apiDocument(): Document {
  return JSON.parse(readFileSync(path.resolve(__dirname, '../../docs/openapi.json'), 'utf8')) as Document;
}

/** Every operation of the document. */
export function operations(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([at, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => {
      const raw = methods[method];
      const [contentType, media] = Object.entries(raw.requestBody?.content ?? {})[0] ?? [];
      return {
        id: raw.operationId,
        method: method.toUpperCase(),
        path: at,
        parameters: raw.parameters ?? [],
        body: media?.schema,
        contentType,
        contents: raw.requestBody?.content ?? {},
        responses: raw.responses ?? {},
        secured: (raw.security?.length ?? 0) > 0 && !raw.security!.some((way) => Object.keys(way).length === 0),
        permission: raw['x-permission'],
      };
    }),
  );
}

/**
 * A value that a schema accepts: its example where it has one, else the least that it asks for.
 * @param known chooses a value by property name (another tenant's ids); undefined leaves it to the schema
 */
export function sample(
  document: Document,
  schema: Schema | undefined,
  known: (name: string) => unknown,
  name = '',
  depth = 0,
): unknown {
  if (!schema || depth > 8) return null;
  if (schema.$ref)
    return sample(document, document.components.schemas[schema.$ref.split('/').pop()!], known, name, depth + 1);
  const merged = schema.allOf ?? schema.oneOf?.slice(0, 1) ?? schema.anyOf?.slice(0, 1);
  if (merged && !schema.properties) return sample(document, merged[0], known, name, depth + 1);
  const given = name ? known(name) : undefined;
  if (schema.type === 'array')
    return given !== undefined && !schema.items?.properties && !schema.items?.$ref
      ? [given]
      : [sample(document, schema.items, known, name, depth + 1)];
  if (schema.type === 'object' || schema.properties) {
    const entries = Object.entries(schema.properties ?? {}).filter(
      ([key]) => schema.required?.includes(key) || known(key) !== undefined,
    );
    return Object.fromEntries(entries.map(([key, value]) => [key, sample(document, value, known, key, depth + 1)]));
  }
  if (given !== undefined) return given;
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.format === 'uuid') return '01890a5d-ac96-774b-bcce-b302099a8057';
  if (schema.format === 'email') return 'someone@example.com';
  if (schema.format === 'date-time') return '2026-01-01T00:00:00Z';
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1;
  if (schema.type === 'boolean') return true;
  return 'text';
}
