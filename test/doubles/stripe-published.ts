import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import { decodeForm } from './form';

interface Description {
  /** Version of Stripe's API; null where the file that it was cut from does not say. */
  version: string | null;
  operations: Record<string, { properties?: Record<string, object> }>;
  $defs?: Record<string, object>;
}

const read = <T extends Description>(file: string): T =>
  JSON.parse(readFileSync(path.join(__dirname, file), 'utf8')) as T;

/**
 * The parameter types of the installed SDK, which Stripe makes from its description (`tools/stripe-typings.cjs`): that of the
 * version that Mainstay speaks, which is far later than 2023-08-16.
 */
export const typings = read<Description & { package: string; version: string }>('stripe-typings.json');
/**
 * An earlier OpenAPI description as it was published, with lengths and whole numbers (`tools/stripe-openapi.cjs`). It carries
 * no date; it is of the first half of 2023, as it knows Cash App Pay, and not yet `allow_redirects` of 2023-08-16.
 */
const published = read('stripe-published.json');

/** Parameters that came to Stripe's API after the earlier description; the typings have them. */
const LATER: Record<string, Record<string, object>> = {
  'POST /v1/payment_intents': { confirmation_token: { type: 'string', maxLength: 5_000 } },
};

/** Operations that the earlier description has under another host, with parts of a form. */
const OF_TYPINGS = new Set(['POST /v1/files']);

const ajv = new Ajv({ coerceTypes: true, allErrors: false, strict: false });
const compiled = new Map<string, ValidateFunction>();

function validator(description: Description, operation: string): ValidateFunction {
  const key = `${description.version} ${operation}`;
  let validate = compiled.get(key);
  if (!validate) {
    const schema = description.operations[operation]!;
    const later = description === published && LATER[operation];
    validate = ajv.compile({
      ...(later ? { ...schema, properties: { ...schema.properties, ...later } } : schema),
      ...(description.$defs && { $defs: description.$defs }),
    });
    compiled.set(key, validate);
  }
  return validate;
}

const told = ({ instancePath, message, params }: ErrorObject): string =>
  `${instancePath} ${message} ${JSON.stringify(params)}`;

/**
 * What Stripe's descriptions say against a request; null: nothing.
 * @param operation `POST /v1/refunds`, ids in its path as `:id`
 * @param form the body, or the query, as it was sent
 */
export function publishedFault(operation: string, form: string): string | null {
  for (const description of [typings, published]) {
    if (description === published && OF_TYPINGS.has(operation)) continue;
    if (!description.operations[operation]) return `${operation}: the description has no such operation.`;
    const validate = validator(description, operation);
    if (!validate(decodeForm(form)))
      return `${operation} (${description.version ?? 'published'}): ${told(validate.errors![0])} in ${form}`;
  }
  return null;
}
