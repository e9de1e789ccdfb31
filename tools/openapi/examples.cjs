'use strict';
/** Examples of schemas: what the properties' own examples add up to. */

const byName = (document, ref) => document.components.schemas[ref.split('/').at(-1)];

/** A value that fits `schema`; optional members without an example of their own are left out. */
function exampleOf(document, schema, depth = 0) {
  if (!schema || depth > 8) return undefined;
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref) return exampleOf(document, byName(document, schema.$ref), depth + 1);
  if (schema.allOf?.length) {
    const parts = schema.allOf.map((part) => exampleOf(document, part, depth + 1));
    return parts.every((part) => typeof part === 'object' && part !== null) ? Object.assign({}, ...parts) : parts[0];
  }
  if (schema.oneOf?.length) return exampleOf(document, schema.oneOf[0], depth + 1);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum?.length) return schema.enum[0];
  if (schema.type === 'array') {
    const item = exampleOf(document, schema.items, depth + 1);
    return item === undefined ? [] : [item];
  }
  if (schema.properties) {
    const value = {};
    for (const [name, property] of Object.entries(schema.properties)) {
      const needed = schema.required?.includes(name);
      const own = exampleOf(document, property, depth + 1);
      if (own !== undefined && (needed || hasExample(document, property))) value[name] = own;
      else if (needed && property.nullable) value[name] = null;
    }
    return value;
  }
  if (schema.nullable) return null;
  return { integer: schema.minimum ?? 1, number: schema.minimum ?? 1, boolean: true, object: {} }[schema.type] ?? textOf(schema);
}

function hasExample(document, schema, depth = 0) {
  if (!schema || depth > 4) return false;
  if (schema.example !== undefined) return true;
  if (schema.$ref) return hasExample(document, byName(document, schema.$ref), depth + 1);
  return [schema.items, ...(schema.allOf ?? []), ...Object.values(schema.properties ?? {})].some((part) =>
    hasExample(document, part, depth + 1),
  );
}

function textOf(schema) {
  if (schema.type !== 'string') return undefined;
  if (schema.format === 'uuid') return '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c';
  if (schema.format === 'date-time') return '2026-03-01T12:00:00.000Z';
  if (schema.format === 'email') return 'shopper@example.com';
  return 'text'.padEnd(schema.minLength ?? 0, 'x').slice(0, schema.maxLength ?? 100);
}

module.exports = { exampleOf };
