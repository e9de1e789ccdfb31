'use strict';
/**
 * Makes the AsyncAPI document of all socket events from what gateways (`@ClientEvent`) and payloads of pushes
 * (`@ServerPush`) declare. Called by tools/openapi.cjs, which has scanned the application already.
 */
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const root = path.resolve(__dirname, '..');
const file = path.join(root, 'docs/asyncapi.json');

const INTRODUCTION = `Everything that goes over sockets (Socket.IO 4, path \`/socket.io\`). Connect with the access token of a login in \`auth.token\`; browsers of this installation may use their cookies, and trackers show their key in \`auth.key\` of \`/tracking\`. Each channel is a namespace; all namespaces of a connection belong to one user.

- Acknowledgements carry the answer itself, \`{}\` where there is nothing to say, or \`{ error }\`, a problem as HTTP has it. A client that asks for none gets the problem as event \`exception\`.
- Events are JSON of at most 64 KB. A user may send 60 events at once and 30 a second; some events have a limit of their own (\`x-limit\`).
- Pushes are at most once: what must not be missed is read over HTTP, or from the log of its namespace.
- A client that takes too little of what it is sent is cut, and comes back.`;

/** Problems of every event, besides its own. */
const ALWAYS = ['request.invalid', 'realtime.too-many-events', 'realtime.event-too-large', 'realtime.binary-refused'];

/** Texts of classes and of their methods, by `Class` and `Class.method`. */
function texts() {
  const found = new Map();
  const say = (name, node) => {
    const doc = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)?.comment;
    if (doc) found.set(name, ts.getTextOfJSDocComment(doc).replace(/\s+/g, ' ').trim());
  };
  for (const name of fs.readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!/(?:gateway|\.dto)\.ts$/.test(name)) continue;
    const source = ts.createSourceFile(
      name,
      fs.readFileSync(path.join(root, 'src', name), 'utf8'),
      ts.ScriptTarget.ES2022,
      true,
    );
    source.forEachChild((node) => {
      if (!ts.isClassDeclaration(node) || !node.name) return;
      say(node.name.text, node);
      for (const member of node.members)
        if (ts.isMethodDeclaration(member)) say(`${node.name.text}.${member.name.getText()}`, member);
    });
  }
  return found;
}

/** The class of a handler's `@MessageBody()` parameter, or undefined. */
function payloadOf(prototype, method) {
  const parameters = Reflect.getMetadata('__routeArguments__', prototype.constructor, method) ?? {};
  const body = Object.entries(parameters).find(([key]) => key.startsWith('3:'));
  return body && Reflect.getMetadata('design:paramtypes', prototype, method)?.[body[1].index];
}

/** Everything that gateways declare: { namespace, gateway, method, event, payload }. */
function clientEvents(app) {
  const { CLIENT_EVENT } = require('../src/kernel/realtime/socket-events.ts');
  const found = [];
  const seen = new Set();
  for (const module of app.container.getModules().values()) {
    for (const { metatype } of module.providers.values()) {
      if (typeof metatype !== 'function' || seen.has(metatype)) continue;
      if (!Reflect.hasMetadata('websockets:is_gateway', metatype)) continue;
      seen.add(metatype);
      const namespace = Reflect.getMetadata('websockets:gateway_options', metatype)?.namespace ?? '/';
      for (const method of Object.getOwnPropertyNames(metatype.prototype)) {
        const event = Reflect.getMetadata(CLIENT_EVENT, metatype.prototype[method] ?? {});
        if (event)
          found.push({
            namespace,
            gateway: metatype.name,
            method,
            event,
            payload: payloadOf(metatype.prototype, method),
          });
      }
    }
  }
  return found;
}

/** A schema of OpenAPI 3.0 as JSON Schema, which AsyncAPI takes. */
function plain(schema) {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, example, discriminator: _, ...rest } = schema;
  const made = {};
  for (const [key, value] of Object.entries(rest)) {
    if (key === 'properties')
      made[key] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
    else made[key] = key === 'enum' || key === 'default' || key === 'examples' ? value : plain(value);
  }
  if (example !== undefined) made.examples = [example];
  if (made.allOf || made.oneOf || made.anyOf) delete made.type;
  if (!nullable) return made;
  if (Array.isArray(made.enum)) return { ...made, type: undefined, enum: [...new Set([...made.enum, null])] };
  return typeof made.type === 'string' ? { ...made, type: [made.type, 'null'] } : { anyOf: [made, { type: 'null' }] };
}

const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const capital = (name) => name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_all, first) => first.toUpperCase());
const channelOf = (namespace) => (namespace === '/' ? 'root' : namespace.slice(1));
const sentences = (text = '') => {
  const [first, ...others] = text.split(/(?<=[.!?])\s+/);
  return { summary: first.replace(/\.$/, ''), ...(others.length > 0 ? { description: others.join(' ') } : {}) };
};

/**
 * @param app the application as @nestjs/swagger scanned it
 * @param schemasOf makes the schemas of classes, as OpenAPI has them
 * @param problem the schema of problems
 */
function generateEvents(app, schemasOf, problem, exampleOf) {
  for (const name of fs.readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.dto.ts') && /@ServerPush\(/.test(fs.readFileSync(path.join(root, 'src', name), 'utf8')))
      require(path.join(root, 'src', name));
  const { declaredPushes } = require('../src/kernel/realtime/socket-events.ts');
  const said = texts();
  const events = clientEvents(app);
  const pushes = declaredPushes();
  const acks = events.flatMap(({ event }) => event.ack ?? []);
  const raw = schemasOf(
    [...new Set([...events.map(({ payload }) => payload), ...acks, ...pushes.map(({ payload }) => payload)])].filter(
      (one) => typeof one === 'function' && one !== Object,
    ),
  );
  const schemas = { ...raw, Problem: problem };
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Mainstay sockets',
      version: require('../package.json').version,
      description: INTRODUCTION,
      license: { name: 'MIT', url: 'https://opensource.org/licenses/MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      installation: {
        host: '{host}',
        protocol: 'wss',
        pathname: '/socket.io',
        description: 'This installation (Engine.IO 4; WebSocket, or long polling where that does not come through).',
        variables: { host: { default: 'localhost:3000', description: 'Host and port of the public URL.' } },
        security: [{ $ref: '#/components/securitySchemes/token' }],
      },
    },
    channels: {},
    operations: {},
    components: {
      messages: {},
      schemas: {},
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'In `auth.token` of the handshake.',
        },
      },
    },
  };
  const namespaces = [
    ...new Set([...events, ...pushes].map(({ namespace }) => namespace).filter((name) => name !== '*')),
  ];
  const channel = (namespace) =>
    (document.channels[channelOf(namespace)] ??= {
      address: namespace,
      title: namespace === '/' ? 'The root namespace' : `The namespace ${namespace}`,
      messages: {},
    });
  const message = (namespace, key, content) => {
    const id = `${channelOf(namespace)}.${key}`;
    if (document.components.messages[id]) throw new Error(`Two events of ${namespace} are called ${key}.`);
    document.components.messages[id] = content;
    channel(namespace).messages[key] = { $ref: `#/components/messages/${id}` };
    return { $ref: `#/channels/${channelOf(namespace)}/messages/${key}` };
  };
  const exampleFor = (name) => {
    const value = exampleOf({ components: { schemas } }, ref(name));
    return value === undefined ? {} : { examples: [{ payload: value }] };
  };
  for (const { namespace, gateway, method, event, payload } of events) {
    const text = said.get(`${gateway}.${method}`);
    if (!text) throw new Error(`${gateway}.${method} has no docstring: its first sentence describes ${event.name}.`);
    const given = payload && payload !== Object ? payload.name : null;
    const request = message(namespace, event.name, {
      name: event.name,
      title: event.name,
      ...sentences(text),
      payload: given ? ref(given) : { type: 'null', description: 'Nothing.' },
      ...(given ? exampleFor(given) : {}),
    });
    // By this field alone a client tells a refusal from an answer.
    if (event.ack && 'error' in (schemas[event.ack.name].properties ?? {}))
      throw new Error(`${event.ack.name}, which acknowledges ${event.name}, has a field error: call it otherwise.`);
    const answer = event.ack ? ref(event.ack.name) : { type: 'object', additionalProperties: false, maxProperties: 0 };
    const reply = message(namespace, `${event.name}.ack`, {
      name: `${event.name}.ack`,
      title: `Acknowledgement of ${event.name}`,
      payload: {
        oneOf: [
          answer,
          { type: 'object', required: ['error'], additionalProperties: false, properties: { error: ref('Problem') } },
        ],
      },
    });
    document.operations[`receive${capital(channelOf(namespace))}${capital(event.name)}`] = {
      action: 'receive',
      channel: { $ref: `#/channels/${channelOf(namespace)}` },
      ...sentences(text),
      messages: [request],
      reply: { channel: { $ref: `#/channels/${channelOf(namespace)}` }, messages: [reply] },
      'x-permission': event.permissions,
      'x-problem-codes': [
        ...new Set([
          ...ALWAYS,
          ...(event.permissions.length > 0 ? ['auth.permission-missing'] : []),
          ...(event.problems ?? []),
        ]),
      ].sort(),
      ...(event.limit ? { 'x-limit': event.limit } : {}),
    };
  }
  const send = (namespace, event, to, isVolatile, content) => {
    const sent = message(namespace, event, { name: event, title: event, ...content });
    document.operations[`send${capital(channelOf(namespace))}${capital(event)}`] = {
      action: 'send',
      channel: { $ref: `#/channels/${channelOf(namespace)}` },
      summary: content.summary,
      description: `To: ${to}`,
      messages: [sent],
      ...(isVolatile ? { 'x-volatile': true } : {}),
    };
  };
  for (const push of pushes) {
    const text = said.get(push.payload.name);
    if (!text) throw new Error(`${push.payload.name} has no docstring: its first sentence describes ${push.event}.`);
    const targets = push.namespace === '*' ? new Set([...namespaces, '/']) : [push.namespace];
    for (const namespace of targets) {
      const content = { ...sentences(text), payload: ref(push.payload.name), ...exampleFor(push.payload.name) };
      send(namespace, push.event, push.to, push.volatile, content);
    }
  }
  for (const namespace of new Set([...namespaces, '/'])) {
    const problems = (event, text, to) =>
      send(namespace, event, to, false, { ...sentences(text), payload: ref('Problem') });
    problems('exception', 'An event for which no acknowledgement was asked was refused.', 'The client that sent it.');
    problems('session.ended', 'The connection is closed by the server, and why.', 'The client that is closed.');
  }
  document.channels = sorted(document.channels);
  document.operations = sorted(document.operations);
  document.components.messages = sorted(document.components.messages);
  document.components.schemas = sorted(
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema)])),
  );
  for (const one of Object.values(document.channels)) one.messages = sorted(one.messages);
  return JSON.parse(JSON.stringify(document));
}

/** Writes docs/asyncapi.json, or with `check` says whether it differs. */
function writeEvents(document, check) {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  const committed = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  if (text === committed) return false;
  if (!check) fs.writeFileSync(file, text);
  return true;
}

module.exports = { generateEvents, writeEvents };
