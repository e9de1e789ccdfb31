'use strict';
/**
 * Cuts Stripe's published OpenAPI description down to the parameters of the operations that Mainstay uses, into
 * test/doubles/stripe-published.json: tests hold every request against it.
 *
 *   node tools/stripe-openapi.cjs <spec3.json>      of github.com/stripe/openapi (MIT), or of any package that carries it
 */
const fs = require('node:fs');
const path = require('node:path');

const OPERATIONS = [
  ['post', '/v1/payment_intents'],
  ['get', '/v1/payment_intents'],
  ['get', '/v1/payment_intents/{intent}'],
  ['post', '/v1/payment_intents/{intent}/confirm'],
  ['post', '/v1/payment_intents/{intent}/capture'],
  ['post', '/v1/payment_intents/{intent}/cancel'],
  ['post', '/v1/refunds'],
  ['get', '/v1/refunds'],
  ['post', '/v1/customers'],
  ['post', '/v1/setup_intents'],
  ['get', '/v1/setup_intents/{intent}'],
  ['post', '/v1/payment_methods'],
  ['post', '/v1/payment_methods/{payment_method}/detach'],
  ['get', '/v1/disputes/{dispute}'],
  ['post', '/v1/disputes/{dispute}'],
  ['post', '/v1/disputes/{dispute}/close'],
  ['get', '/v1/payouts/{payout}'],
  ['get', '/v1/balance_transactions'],
];
/** Of a schema only what decides: texts for readers stay out. */
const KEPT = ['type', 'enum', 'properties', 'required', 'additionalProperties', 'items', 'anyOf', 'maxLength'];

function cut(schema) {
  if (typeof schema !== 'object' || schema === null) return schema;
  const short = {};
  for (const key of KEPT) {
    if (!(key in schema)) continue;
    const value = schema[key];
    if (key === 'properties')
      short.properties = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cut(one)]));
    else if (key === 'items' || key === 'additionalProperties') short[key] = cut(value);
    else if (key === 'anyOf') short.anyOf = value.map(cut);
    else short[key] = value;
  }
  // The description closes the outermost object alone; Stripe refuses unknown members at every depth.
  if (short.properties && !('additionalProperties' in short)) short.additionalProperties = false;
  return short;
}

const [, , file] = process.argv;
if (!file) {
  process.stderr.write('usage: node tools/stripe-openapi.cjs <spec3.json>\n');
  process.exit(2);
}
const spec = JSON.parse(fs.readFileSync(file, 'utf8'));
const operations = {};
for (const [method, at] of OPERATIONS) {
  const found = spec.paths[at]?.[method];
  if (!found) throw new Error(`The description has no ${method} ${at}.`);
  const body = found.requestBody?.content?.['application/x-www-form-urlencoded']?.schema;
  const query = (found.parameters ?? []).filter((parameter) => parameter.in === 'query');
  operations[`${method.toUpperCase()} ${at.replace(/\{[^}]+\}/, ':id')}`] =
    method === 'post'
      ? cut(body ?? { type: 'object', properties: {} })
      : {
          type: 'object',
          properties: Object.fromEntries(query.map(({ name, schema }) => [name, cut(schema)])),
          required: query.filter(({ required }) => required).map(({ name }) => name),
          additionalProperties: false,
        };
}
const out = path.resolve(__dirname, '../test/doubles/stripe-published.json');
const about = {
  source:
    'https://github.com/stripe/openapi, MIT License, Copyright (c) Stripe (https://stripe.com); cut by tools/stripe-openapi.cjs',
  title: spec.info.title,
  version: /^\d{4}-/.test(spec.info.version) ? spec.info.version : null,
};
fs.writeFileSync(out, `${JSON.stringify({ ...about, operations })}\n`);
process.stdout.write(
  `${Object.keys(operations).length} operations of ${about.title} ${about.version}, ${fs.statSync(out).size} bytes\n`,
);
