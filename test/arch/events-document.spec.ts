import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import formats from 'ajv-formats';
import ts from 'typescript';
import { eventsDocument } from '../support/event-schemas';

const SRC = path.resolve(__dirname, '../../src');
const document = eventsDocument();
/** Events by direction: what clients send, what the server sends. */
const named = (action: 'send' | 'receive'): Set<string> =>
  new Set(
    Object.values(document.operations)
      .filter((operation) => operation.action === action)
      .flatMap(({ messages }) => messages.map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1))),
  );

/** Where the event's name is among the arguments. */
const EMITTERS: Record<string, number> = {
  toStaff: 1,
  toTenant: 1,
  toUser: 2,
  toRoom: 1,
  toRooms: 1,
  toRoomVolatile: 1,
};

interface Found {
  event: string;
  at: string;
  /** Where it is sent or handled; null where only the run knows. */
  namespace: string | null;
}

/** Methods that hand a name on, by their own: the index of the name among their parameters, and where they send to. */
type Wrappers = Map<string, { index: number; namespace: string | null }>;

/** The namespace of a context, by its folder: the constant that its gateway and channel share. */
const namespaces = new Map<string, string>();
const contextOf = (name: string): string => name.split(path.sep).slice(0, 2).join('/');
/** Where an emitter sends to: its fourth argument, `/` without one. */
function namespaceOf(name: string, called: string, args: ts.NodeArray<ts.Expression>): string | null {
  if (!called.startsWith('toRoom') || args.length < 4) return '/';
  return ts.isIdentifier(args[3]) && args[3].text === 'NAMESPACE' ? (namespaces.get(contextOf(name)) ?? null) : null;
}

/** The namespace of the gateway around an event's declaration. */
function gatewayOf(node: ts.Node, name: string): string | null {
  let at: ts.Node | undefined = node;
  while (at && !ts.isClassDeclaration(at)) at = at.parent;
  const gateway = at && /@SocketGateway\(([^)]*)\)/.exec(at.getText())?.[1];
  if (gateway === undefined) return null;
  return gateway === '' ? '/' : (namespaces.get(contextOf(name)) ?? null);
}

/** The method around a node whose parameter is called so. */
function wrapperOf(node: ts.Node, parameter: string): [name: string, index: number] | null {
  for (let at: ts.Node | undefined = node; at; at = at.parent) {
    if (!ts.isMethodDeclaration(at)) continue;
    const index = at.parameters.findIndex(({ name }) => name.getText() === parameter);
    return index < 0 ? null : [at.name.getText(), index];
  }
  return null;
}

/** The syntax of the product's files, which are looked at twice. */
const trees = new Map<string, ts.SourceFile>();
function treeOf(name: string, text: string): ts.SourceFile {
  const known = trees.get(text) ?? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
  trees.set(text, known);
  return known;
}

/** Events that code sends and handles, from its syntax; `wrappers` gains the methods that hand a name on. */
function scan(
  name: string,
  text: string,
  wrappers: Wrappers = new Map(),
): { sent: Found[]; handled: Found[]; faults: string[] } {
  const source = treeOf(name, text);
  const found = { sent: [] as Found[], handled: [] as Found[], faults: [] as string[] };
  const walk = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression, arguments: args } = node;
      const at = `${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
      const called = ts.isPropertyAccessExpression(expression) ? expression.name.text : '';
      const receiver = ts.isPropertyAccessExpression(expression) ? expression.expression.getText() : '';
      const emits = called in EMITTERS && /realtime$/i.test(receiver);
      const index = emits ? EMITTERS[called] : wrappers.get(called)?.index;
      const namespace = emits ? namespaceOf(name, called, args) : (wrappers.get(called)?.namespace ?? null);
      const argument =
        index !== undefined ? args[index] : called === 'emit' && /socket$|\)$/.test(receiver) ? args[0] : undefined;
      if (argument && ts.isStringLiteralLike(argument)) found.sent.push({ event: argument.text, at, namespace });
      else if (argument && index !== undefined) {
        const wrapper = ts.isIdentifier(argument) ? wrapperOf(node, argument.text) : null;
        if (wrapper) wrappers.set(wrapper[0], { index: wrapper[1], namespace });
        else found.faults.push(`${at}: the name of an event is a literal`);
      }
      if (ts.isIdentifier(expression) && expression.text === 'ClientEvent' && ts.isStringLiteralLike(args[0]))
        found.handled.push({ event: args[0].text, at, namespace: gatewayOf(node, name) });
      if (ts.isIdentifier(expression) && expression.text === 'SubscribeMessage' && !name.endsWith('socket-events.ts'))
        found.faults.push(`${at}: events are declared with @ClientEvent`);
    }
    node.forEachChild(walk);
  };
  walk(source);
  return found;
}

const texts = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !/spec\.ts$/.test(name))
  .map((name) => [name, readFileSync(path.join(SRC, name), 'utf8')] as const)
  .filter(([name, text]) => /realtime|socket|gateway/i.test(name) || /realtime|channel/i.test(text));
for (const [name, text] of texts) {
  const [, namespace] = /export const NAMESPACE = '([^']+)'/.exec(text) ?? [];
  if (namespace) namespaces.set(contextOf(name), namespace);
}
const wrappers: Wrappers = new Map();
for (const [name, text] of texts) scan(name, text, wrappers);
const code = texts.map(([name, text]) => scan(name, text, wrappers));
trees.clear();
const all = <T>(pick: (one: (typeof code)[number]) => T[]): T[] => code.flatMap(pick);

describe('the document of socket events', () => {
  it('is a document of AsyncAPI 3', () => {
    const ajv = new Ajv({ strict: false, allErrors: false, logger: false });
    formats.default(ajv);
    const schema = JSON.parse(
      readFileSync(require.resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json'), 'utf8'),
    ) as object;
    const validate = ajv.compile(schema);
    expect(validate(document) ? [] : validate.errors).toEqual([]);
  });

  it('refers to what is there', () => {
    const lost: string[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const { $ref } = value as { $ref?: string };
      if (typeof $ref === 'string') {
        const target = $ref
          .slice(2)
          .split('/')
          .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
        if (target === undefined) lost.push($ref);
      }
      Object.values(value).forEach(walk);
    };
    walk(document);
    expect(lost).toEqual([]);
  });

  it('has every event that code sends and handles, and no others', () => {
    expect(all(({ faults }) => faults)).toEqual([]);
    const sent = all((one) => one.sent);
    const handled = all((one) => one.handled);
    expect(sent.length).toBeGreaterThan(8);
    expect(sent.filter(({ event }) => !named('send').has(event))).toEqual([]);
    expect(handled.filter(({ event }) => !named('receive').has(event))).toEqual([]);
    const names = (found: Found[]): Set<string> => new Set(found.map(({ event }) => event));
    expect([...named('send')].filter((event) => !names(sent).has(event))).toEqual([]);
    expect([...named('receive')].filter((event) => !names(handled).has(event))).toEqual([]);
  });

  /** Events of each namespace, as the document has them. */
  const documented = (action: 'send' | 'receive', namespace: string): Set<string> => {
    const [key] = Object.entries(document.channels).find(([, { address }]) => address === namespace)!;
    return new Set(
      Object.values(document.operations)
        .filter((operation) => operation.action === action && operation.channel.$ref === `#/channels/${key}`)
        .flatMap(({ messages }) => messages.map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1))),
    );
  };
  /** What the kernel tells every client, wherever it is. */
  const EVERYWHERE = ['exception', 'session.ended', 'session.expiring', 'server.draining'];
  /** What the kernel tells in those namespaces whose context asks for it, by how it does. */
  const ASKED_FOR = { 'presence.changed': /presence\.tellIn\(/, 'typing.changed': /typing\.set\(/ };

  it.each(Object.values(document.channels).map(({ address }) => address))(
    'has of the namespace %s what is sent and handled there, and nothing else',
    (namespace) => {
      expect([...namespaces.values(), '/']).toContain(namespace);
      const of = (found: Found[]): string[] =>
        found.filter((one) => one.namespace === namespace).map(({ event }) => event);
      const asked = Object.entries(ASKED_FOR).flatMap(([event, how]) =>
        texts.some(([name, text]) => namespaces.get(contextOf(name)) === namespace && how.test(text)) ? [event] : [],
      );
      const sorted = (events: Iterable<string>): string[] => [...new Set(events)].sort();
      expect(sorted(documented('send', namespace))).toEqual(
        sorted([...of(all(({ sent }) => sent)), ...EVERYWHERE, ...asked]),
      );
      expect(sorted(documented('receive', namespace))).toEqual(sorted(of(all(({ handled }) => handled))));
    },
  );

  it.each([
    ['a push that nobody declared', `this.realtime.toStaff(tenantId, 'planted.event', {})`, 'planted.event'],
    ['an emit to a socket', `socket.emit('planted.event', 1)`, 'planted.event'],
    ['a handler', `class G { @ClientEvent('planted.event') m() {} }`, 'planted.event'],
  ])('would see %s', (_what, text, event) => {
    const { sent, handled } = scan('planted.ts', text);
    expect([...sent, ...handled].map((found) => found.event)).toEqual([event]);
    expect(scan('planted.ts', 'this.realtime.toUser(t, u, name, {})').faults).toHaveLength(1);
  });
});
