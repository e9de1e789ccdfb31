import Ajv, { type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

type Json = Record<string, unknown>;

/**
 * Turns a schema of OpenAPI 3.0 into JSON Schema that also refuses members that the document does not name: an answer
 * is what the document says, no less and no more.
 */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, example: _example, ...rest } = schema as Json;
  const plain: Json = {};
  for (const [key, value] of Object.entries(rest)) {
    // Members may be called like keywords.
    plain[key] =
      key === 'properties' && typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value as Json).map(([name, property]) => [name, strict(property)]))
        : key === 'enum' || key === 'default'
          ? value
          : strict(value);
  }
  const composed = ['allOf', 'oneOf', 'anyOf'].some((key) => key in plain);
  // The generator writes a type beside a reference; what is referred to says it.
  if (composed) delete plain.type;
  if (plain.properties && plain.additionalProperties === undefined && !composed) plain.additionalProperties = false;
  if (Array.isArray(plain.enum) && nullable) plain.enum = [...new Set([...(plain.enum as unknown[]), null])];
  return nullable ? { anyOf: [plain, { type: 'null' }] } : plain;
}

/** Checks answers against the document's schemas. */
export class ResponseSchemas {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly known = new Map<string, ValidateFunction>();

  constructor(document: { components: { schemas: Record<string, unknown> } }) {
    formats.default(this.ajv);
    this.ajv.addSchema({
      $id: 'document',
      components: {
        schemas: Object.fromEntries(
          Object.entries(document.components.schemas).map(([name, schema]) => [name, strict(schema)]),
        ),
      },
    });
  }

  /** What is wrong with a body under a schema, one line a fault; empty when nothing is. */
  faults(schema: unknown, body: unknown): string[] {
    const text = JSON.stringify(strict(schema)).replaceAll('"#/components', '"document#/components');
    const validate = this.known.get(text) ?? this.ajv.compile(JSON.parse(text) as object);
    this.known.set(text, validate);
    if (validate(body)) return [];
    return (validate.errors ?? [])
      .filter(({ keyword }) => keyword !== 'anyOf')
      .map(({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`);
  }
}
