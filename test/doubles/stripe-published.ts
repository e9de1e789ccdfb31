import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import { decodeForm } from './form';

interface Schema {
  properties?: Record<string, object>;
}

/**
 * Parameters that came to Stripe's API after the description that is kept here, each looked up in the typings of the SDK,
 * which are made from the latest one. Nothing else may be sent that the description does not have.
 */
const LATER: Record<string, Record<string, object>> = {
  'POST /v1/payment_intents': { confirmation_token: { type: 'string', maxLength: 5_000 } },
};

/** Whose description it is stands in the file; `tools/stripe-openapi.cjs` makes it anew of a later one. */
const { operations } = JSON.parse(readFileSync(path.join(__dirname, 'stripe-published.json'), 'utf8')) as {
  operations: Record<string, Schema>;
};
const ajv = new Ajv({ coerceTypes: true, allErrors: false, strict: false });
const compiled = new Map<string, ValidateFunction>();

const told = ({ instancePath, message, params }: ErrorObject): string =>
  `${instancePath} ${message} ${JSON.stringify(params)}`;

/**
 * What Stripe's published OpenAPI description says against a request; null: nothing.
 * @param operation `POST /v1/refunds`, ids in its path as `:id`
 * @param form the body, or the query, as it was sent
 */
export function publishedFault(operation: string, form: string): string | null {
  const schema = operations[operation];
  if (!schema) return `${operation}: the description has no such operation.`;
  let validate = compiled.get(operation);
  if (!validate) {
    const later = LATER[operation] ?? {};
    validate = ajv.compile({ ...schema, properties: { ...schema.properties, ...later } });
    compiled.set(operation, validate);
  }
  return validate(decodeForm(form)) ? null : `${operation}: ${told(validate.errors![0])} in ${form}`;
}
