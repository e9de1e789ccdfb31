'use strict';
/** Examples of schemas: what the properties' own examples add up to. */

const byName = (document, ref) => document.components.schemas[ref.split('/').at(-1)];

/** A value that fits `schema`; optional members without an example of their own are left out. */
function exampleOf(document, schema, depth = 0, name = '') {
  if (!schema || depth > 24) return undefined;
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref) return exampleOf(document, byName(document, schema.$ref), depth + 1, name);
  if (schema.allOf?.length) {
    const parts = schema.allOf.map((part) => exampleOf(document, part, depth + 1, name));
    return parts.every((part) => typeof part === 'object' && part !== null) ? Object.assign({}, ...parts) : parts[0];
  }
  if (schema.oneOf?.length) return exampleOf(document, schema.oneOf[0], depth + 1);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum?.length) return schema.enum[0];
  if (schema.type === 'array') {
    const item = exampleOf(document, schema.items, depth + 1, name.replace(/s$/, ''));
    return item === undefined ? [] : [item];
  }
  if (schema.properties) {
    const value = {};
    for (const [member, property] of Object.entries(schema.properties)) {
      const needed = schema.required?.includes(member);
      const own = exampleOf(document, property, depth + 1, member);
      if (own !== undefined && (needed || hasExample(document, property))) value[member] = own;
      else if (needed && property.nullable) value[member] = null;
    }
    return value;
  }
  if (schema.nullable) return null;
  return (
    { integer: schema.minimum ?? 1, number: schema.minimum ?? 1, boolean: true, object: {} }[schema.type] ??
    textOf(schema, name)
  );
}

function hasExample(document, schema, depth = 0) {
  if (!schema || depth > 12) return false;
  if (schema.example !== undefined) return true;
  if (schema.$ref) return hasExample(document, byName(document, schema.$ref), depth + 1);
  return [schema.items, ...(schema.allOf ?? []), ...Object.values(schema.properties ?? {})].some((part) =>
    hasExample(document, part, depth + 1),
  );
}

/** What members without an example of their own usually hold. */
const BY_NAME = [
  [/^(?:id|.+Id)$/, '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c'],
  [/At$|^time$/, '2026-03-01T12:00:00.000Z'],
  [/email$/i, 'shopper@example.com'],
  [/password$/i, 'correct horse battery staple'],
  [/Token$/, 'vN2m8Qk1bT0rXw7yZc4dFg'],
  [/slug$/i, 'demo'],
  [/url$/i, 'https://shop.example.com/'],
  [/currency$/, 'EUR'],
  [/country$/, 'DE'],
  [/sku$/i, 'TEA-100'],
  [/name$/i, 'Ada Lovelace'],
  [/city$/, 'Berlin'],
  [/postalCode$/, '10115'],
  [/line1$/, 'Torstrasse 1'],
];

function textOf(schema, name) {
  if (schema.type !== 'string') return undefined;
  const byFormat = { uuid: BY_NAME[0][1], 'date-time': BY_NAME[1][1], email: BY_NAME[2][1], uri: BY_NAME[6][1] }[
    schema.format
  ];
  const text = byFormat ?? BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 'text';
  return text.length >= (schema.minLength ?? 0) && text.length <= (schema.maxLength ?? 1000)
    ? text
    : 'text'.padEnd(schema.minLength ?? 0, 'x').slice(0, schema.maxLength ?? 1000);
}

module.exports = { exampleOf };
