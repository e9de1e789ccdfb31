'use strict';
/**
 * Completes what @nestjs/swagger made: names, tags, security, headers, problems, permissions and examples, all of it
 * from what decorators and docstrings say. Keys are sorted, so that the same sources give the same bytes.
 */
const { STATUS_CODES } = require('node:http');
const { exampleOf } = require('./examples.cjs');
const { operationId } = require('./names.cjs');
const { problemStatuses } = require('./problem-statuses.cjs');
const TAGS = require('./tags.cjs');

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

const INTRODUCTION = `The whole API of this installation. Paths without a version (\`/api/orders\`) reach version 1.

- Sign in with \`POST /api/v1/auth/login\` and send \`Authorization: Bearer <accessToken>\`. Guests name their shop with \`X-Tenant: <slug>\`.
- Lists are pages: \`data\` and \`page\` with \`nextCursor\`; a cursor belongs to its sort and filters.
- Money is \`{ amount, currency }\` in minor units, times are RFC 3339 in UTC, absent values are \`null\`.
- Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`; the codes of each operation are listed with it.
- \`Idempotency-Key\` makes POST and PATCH safe to repeat, where an operation offers it.
- \`x-permission\` names the permissions of which the caller must hold one.
- \`x-step-up\` says that the operation asks for a proof of identity that is fresh (\`maxAgeSeconds\`) and strong enough (\`aal\`; 2 asks those who have a second factor for it). Without one it answers 401 \`auth.step-up-required\` (RFC 9470); \`POST /api/v1/auth/step-up\` gives one.`;

let statuses;
/**
 * The status of a problem code, as the sources make it.
 * @param {number} [said] what the route says; must be one of them
 */
function statusOf(code, said, where) {
  statuses ??= problemStatuses();
  const made = [...(statuses.get(code) ?? [])];
  if (made.length === 0) throw new Error(`${where} names the problem ${code}, which nothing makes.`);
  if (said === undefined && made.length > 1)
    throw new Error(`${where}: ${code} is made as ${made.join(' and ')}; say which with { '${code}': status }.`);
  if (said !== undefined && !made.includes(said))
    throw new Error(`${where} says ${said} of ${code}; it is made as ${made.join(' and ')}.`);
  return said ?? made[0];
}

/** Problem codes of a route by status: its own, and those that its access rule and kind bring. */
function problemsOf(facts, path, operation) {
  const found = new Map();
  const add = (status, code) => found.set(status, new Set([...(found.get(status) ?? []), code]));
  add(400, 'request.invalid');
  const { rule, idempotent, stepUp } = facts;
  if (stepUp) add(401, 'auth.step-up-required');
  if (rule?.kind === 'public') {
    if (rule.tenant !== 'none') {
      add(401, 'auth.token-invalid');
      add(403, 'tenant.mismatch');
      add(404, 'tenant.not-found');
    }
    if (rule.tenant === 'required') add(400, 'tenant.required');
  } else {
    add(401, 'auth.required');
    add(401, 'auth.token-expired');
    add(403, 'tenant.mismatch');
    if (rule?.kind === 'allow') add(403, 'auth.permission-missing');
    if (rule?.kind === 'operator') add(403, 'auth.operator-only');
  }
  if (path.includes('{')) add(404, 'request.not-found');
  if (operation.requestBody) {
    add(400, 'request.card-number-refused');
    add(413, 'request.too-large');
    add(415, 'request.unsupported-media-type');
  }
  if ((operation.parameters ?? []).some((parameter) => parameter.name === 'cursor'))
    add(400, 'pagination.cursor-mismatch');
  if (idempotent) {
    if (idempotent.required) add(400, 'idempotency.key-required');
    add(409, 'idempotency.in-progress');
    add(422, 'idempotency.key-reused');
  }
  if (facts.rateClass !== 'none') add(429, 'rate-limit.exceeded');
  for (const entry of facts.problems) {
    const where = `${facts.controller}.${facts.method}`;
    if (typeof entry === 'string') add(statusOf(entry, undefined, where), entry);
    else for (const [code, status] of Object.entries(entry)) add(statusOf(code, status, where), code);
  }
  return found;
}

function describe(operation, facts) {
  const [first, ...rest] = String(operation.summary ?? '')
    .trim()
    .split(/(?<=[.!?])\s+|\n\s*\n/);
  operation.summary = (first ?? '').replace(/\s+/g, ' ').replace(/\.$/, '');
  const text = [rest.join(' '), operation.description].filter(Boolean).join('\n\n').trim();
  if (text !== '') operation.description = text;
  else delete operation.description;
  if (operation.summary === '')
    throw new Error(`${facts.controller}.${facts.method} has no docstring: its first sentence is the summary.`);
}

const HEADERS = {
  tenant: (required) => ({
    name: 'X-Tenant',
    in: 'header',
    required: false,
    description: `Slug of the shop${required ? '; needed without an access token of it' : ''}.`,
    schema: { type: 'string', example: 'demo' },
  }),
  idempotency: (required) => ({
    name: 'Idempotency-Key',
    in: 'header',
    required,
    description:
      'Makes the request safe to repeat for 24 hours: the same key and body are answered with the stored answer.',
    schema: { type: 'string', minLength: 1, maxLength: 255, example: '5f1c1d0e-6a34-4d57-9a53-0f6d2ff1b7a1' },
  }),
};

function completeOperation(document, path, method, operation, seen) {
  const facts = operation['x-mainstay'];
  if (!facts) throw new Error(`${method} ${path} was made by no controller of ours.`);
  delete operation['x-mainstay'];
  if (operation.operationId.includes('#')) operation.operationId = operationId(facts.controller, facts.method);
  if (!/^[a-z][A-Za-z0-9]*$/.test(operation.operationId)) throw new Error(`${operation.operationId} is no verbNoun.`);
  if (seen.has(operation.operationId))
    throw new Error(`Two operations are called ${operation.operationId}: rename the method of one.`);
  seen.add(operation.operationId);
  describe(operation, facts);

  const segment = path
    .replace(/^\/api\/v\d+\//, '')
    .replace(/^\//, '')
    .split('/')[0];
  operation.tags = [segment];
  const { rule, idempotent, stepUp } = facts;
  operation.security =
    rule?.kind === 'public' ? (rule.tenant === 'none' ? [] : [{}, { bearer: [] }]) : [{ bearer: [] }];
  operation['x-permission'] =
    { allow: rule?.permissions, operator: ['operator'], authenticated: ['authenticated'], public: [] }[rule?.kind] ??
    [];
  if (stepUp) operation['x-step-up'] = { aal: stepUp.aal, maxAgeSeconds: stepUp.maxAgeSeconds };
  // OpenAPI ignores a header parameter called Authorization: the security scheme says it. What a handler reads with
  // @Headers gives way to what @ApiHeader says of the same header.
  const isTwin = (one) => (other) =>
    other !== one && other.in === 'header' && other.name.toLowerCase() === one.name.toLowerCase();
  operation.parameters = (operation.parameters ?? []).filter(
    (parameter, _at, all) =>
      parameter.in !== 'header' ||
      (parameter.name.toLowerCase() !== 'authorization' &&
        !(parameter.name === parameter.name.toLowerCase() && all.some(isTwin(parameter)))),
  );
  if (rule?.kind === 'public' && rule.tenant !== 'none')
    operation.parameters.push(HEADERS.tenant(rule.tenant === 'required'));
  if (idempotent) operation.parameters.push(HEADERS.idempotency(idempotent.required === true));
  operation.parameters.forEach((parameter) => completeParameter(document, parameter));
  if (operation.parameters.length === 0) delete operation.parameters;

  for (const [status, response] of Object.entries(operation.responses)) {
    if (!response.description) response.description = STATUS_CODES[status] ?? 'Success';
    addExamples(document, response.content);
  }
  completeForms(operation.requestBody?.content);
  addExamples(document, operation.requestBody?.content);
  if (operation.requestBody && !needsBody(document, operation.requestBody)) operation.requestBody.required = false;
  for (const [status, codes] of problemsOf(facts, path, operation)) {
    const list = [...codes].sort();
    operation.responses[status] = {
      description: `${STATUS_CODES[status]}: ${list.map((code) => `\`${code}\``).join(', ')}`,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      'x-problem-codes': list,
    };
  }
}

/** True unless every member of the body may be absent: then the whole body may be. */
function needsBody(document, { content }) {
  return Object.values(content ?? {}).some(({ schema }) => {
    const resolved = schema?.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)] : schema;
    return resolved?.type !== 'object' || !resolved.properties || (resolved.required?.length ?? 0) > 0;
  });
}

function completeParameter(document, parameter) {
  const schema = parameter.schema ?? {};
  if (parameter.in === 'path' && /(?:^id|Id)$/.test(parameter.name) && schema.type === 'string' && !schema.format)
    schema.format = 'uuid';
  const range = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (parameter.in === 'query' && range) {
    parameter.style = 'deepObject';
    parameter.explode = true;
    parameter.schema = { $ref: range };
  }
  if (parameter.in === 'query' && schema.type === 'array') Object.assign(parameter, { style: 'form', explode: false });
  delete parameter.example;
}

/** A schema's `x-multipart` is what the same body looks like as a form. */
function completeForms(content = {}) {
  for (const [type, media] of Object.entries(content)) {
    if (!media.schema?.['x-multipart']) continue;
    const { 'x-multipart': form, ...plain } = media.schema;
    media.schema = type === 'multipart/form-data' ? form : plain;
  }
}

function addExamples(document, content) {
  for (const media of Object.values(content ?? {})) {
    if (!media.schema || media.example !== undefined || media.examples) continue;
    const example = exampleOf(document, media.schema);
    if (example !== undefined) media.example = example;
  }
}

/** What validators ask of each member is read as if it were asked of the array: it belongs to the members. */
const OF_MEMBERS = ['minimum', 'maximum', 'minLength', 'maxLength', 'pattern'];
function completeArray(property) {
  for (const word of OF_MEMBERS) {
    if (!(word in property)) continue;
    if (property.items && !property.items.$ref) property.items[word] ??= property[word];
    delete property[word];
  }
}

/** Formats that follow from examples, whole numbers of money, bounds of members, and no empty objects. */
function completeSchema(schema) {
  const { properties = {} } = schema;
  const money = 'amount' in properties && 'currency' in properties;
  for (const [name, property] of Object.entries(properties)) {
    if (property.type === 'string' && !property.format) {
      if (UUID.test(property.example ?? '') && /(?:^id|Id)$/.test(name)) property.format = 'uuid';
      else if (TIME.test(property.example ?? '')) property.format = 'date-time';
    }
    const whole = Number.isInteger(property.example) || (money && name === 'amount');
    if (property.type === 'number' && whole) property.type = 'integer';
    if (property.type === 'array') completeArray(property);
  }
}

const PROBLEM = {
  type: 'object',
  description: 'What went wrong (RFC 9457). Extensions may add members that the code explains.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'hint', 'requestId', 'retryable', 'errors'],
  additionalProperties: true,
  properties: {
    type: { type: 'string', format: 'uri', example: 'urn:mainstay:problem:request.invalid' },
    title: { type: 'string', example: 'Invalid request' },
    status: { type: 'integer', example: 400 },
    detail: { type: 'string', example: 'limit must be a whole number from 1 to 100' },
    instance: { type: 'string', example: '/api/v1/orders' },
    code: { type: 'string', description: 'Stable; programs decide by it.', example: 'request.invalid' },
    hint: {
      type: 'string',
      nullable: true,
      description: 'What to do about it.',
      example: 'Correct the query parameters named in errors.',
    },
    requestId: { type: 'string', example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' },
    retryable: { type: 'boolean', description: 'The same request may succeed later.', example: false },
    retryAfterSeconds: { type: 'integer', description: 'As Retry-After.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: {
            type: 'string',
            description: 'JSON pointer into the body, or the name of a query parameter.',
            example: 'limit',
          },
          code: { type: 'string', example: 'max' },
          detail: { type: 'string', example: 'limit must be a whole number from 1 to 100' },
        },
      },
    },
  },
};

const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
const FIRST = [
  'operationId',
  'tags',
  'summary',
  'description',
  'x-permission',
  'x-step-up',
  'security',
  'parameters',
  'requestBody',
  'responses',
];
const ordered = (operation) =>
  Object.fromEntries(
    Object.entries(operation).sort(([a], [b]) => (FIRST.indexOf(a) + 1 || 99) - (FIRST.indexOf(b) + 1 || 99)),
  );

/** What a tag is about: its own text, else the docstrings of its controllers. */
function tagsOf(document, controllers) {
  const texts = new Map();
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item)) {
      const [tag] = operation.tags;
      const text = controllers.get(operation['x-controller']) ?? '';
      delete operation['x-controller'];
      texts.set(tag, new Set([...(texts.get(tag) ?? []), ...(text ? [text.replace(/\s+/g, ' ').trim()] : [])]));
    }
  }
  return [...texts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, said]) => ({
      name,
      description: TAGS[name] ?? ([...said].sort().join(' ') || `Operations under /${name}.`),
    }));
}

/** @returns the completed document */
function completeDocument(raw, controllers) {
  const document = {
    openapi: '3.0.3',
    info: {
      title: raw.info.title,
      version: raw.info.version,
      description: INTRODUCTION,
      license: { name: 'MIT', url: 'https://opensource.org/licenses/MIT' },
    },
    servers: [{ url: '/', description: 'This installation' }],
    tags: [],
    paths: sorted(raw.paths),
    components: {
      schemas: sorted({ ...raw.components.schemas, Problem: PROBLEM }),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: '`accessToken` of a login.' },
      },
    },
  };
  Object.values(document.components.schemas).forEach(completeSchema);
  const seen = new Set();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of Object.keys(item)) {
      if (!METHODS.includes(method)) throw new Error(`${method} ${path} is no operation.`);
      const { controller } = item[method]['x-mainstay'] ?? {};
      completeOperation(document, path, method, item[method], seen);
      item[method]['x-controller'] = controller;
      item[method].responses = sorted(item[method].responses);
      item[method] = ordered(item[method]);
    }
  }
  document.tags = tagsOf(document, controllers);
  return document;
}

module.exports = { completeDocument };
