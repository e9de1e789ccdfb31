import path from 'node:path';
import {
  errorCodes,
  eventTypes,
  exportedShapes,
  forwardingHandlers,
  handlerNames,
  mapFaults,
  migrationNames,
  oldestPostgres,
  optionalFields,
  type Check,
  type Edge,
} from './conventions';
import { ROOT, sources, type Source } from './scan';

const { contexts, contextMap } = require(path.join(ROOT, 'tools/dependency-rules.cjs')) as {
  contexts(root: string): string[];
  contextMap(root: string): { lockRank: string[]; edges: Edge[] };
};

const file = (name: string, text: string): Source => ({ file: name, text });
const product = [...sources('src'), ...sources('migrations')];
const names = contexts(ROOT).map((context) => context.split('/')[1]);

describe.each<[string, Check, Source[], string[]]>([
  [
    'names of reactions, timers and jobs',
    handlerNames,
    [
      file('src/shop/orders/reactions/a.ts', `@Reaction({ name: 'orders.mark-paid', on: Paid }) class A {}`),
      file('src/shop/orders/reactions/b.ts', `@Timer({ name: 'orders.mark-paid' }) class B {}`),
      file('src/shop/orders/reactions/c.ts', `@Job({ name: NAME, queue: 'mail' }) class C {}`),
      file('src/shop/orders/reactions/d.ts', `@Job({ name: 'stock.count', queue: 'mail' }) class D {}`),
    ],
    ['c.ts C: @Job needs a literal name', 'd.ts D: "stock.count"', 'orders.mark-paid is used by'],
  ],
  [
    'fields that may be absent',
    optionalFields,
    [
      file(
        'src/shop/orders/http/a.dto.ts',
        `class A { @IsOptional() @IsString() name?: string; @IsOptional() note?: string | null; }`,
      ),
      file('src/shop/orders/http/b.dto.ts', `class B { @MayBeAbsent() @IsString() name?: string; }`),
    ],
    ['a.dto.ts A: name takes null'],
  ],
  [
    'shapes of the API',
    exportedShapes,
    [
      file('src/shop/orders/http/a.dto.ts', `abstract class Terms { name: string; } export class A extends Terms {}`),
      file('src/shop/orders/http/a.controller.ts', `class Inner {}`),
    ],
    ['a.dto.ts Terms: export it'],
  ],
  [
    'types of events',
    eventTypes,
    [
      file(
        'src/shop/orders/contracts/a.ts',
        `class A extends DomainEvent<{}> { static readonly type = 'orders.placed.v1'; }`,
      ),
      file(
        'src/shop/orders/contracts/b.ts',
        `class B extends DomainEvent<{}> { static readonly type = 'orders.placed.v1'; }`,
      ),
      file(
        'src/shop/orders/contracts/c.ts',
        'class C extends DomainEvent<{}> { static readonly type = `orders.${x}.v1`; }',
      ),
      file(
        'src/shop/orders/contracts/d.ts',
        `class D extends DomainEvent<{}> { static readonly type = 'orders.placed'; }`,
      ),
      file(
        'src/shop/orders/domain/e.ts',
        `class E extends DomainEvent<{}> { static readonly type = 'orders.other.v2'; }`,
      ),
    ],
    [
      'c.ts C: an event needs',
      'd.ts D: "orders.placed" is not',
      'e.ts E: events live in contracts/',
      'orders.placed.v1 is used by',
    ],
  ],
  [
    'codes of errors',
    errorCodes,
    [
      file(
        'src/shop/orders/domain/a.ts',
        `throw new AppError('ORDER_NOT_FOUND', 'not-found', 'x'); throw notFound('orders.gone', 'x');`,
      ),
      file('src/shop/orders/domain/b.ts', 'throw conflict(`${context}.gone`, "x");'),
    ],
    ['a.ts: "ORDER_NOT_FOUND"', 'b.ts: the context of a code'],
  ],
  [
    'statements for the oldest PostgreSQL',
    oldestPostgres,
    [
      file('migrations/1.ts', 'select uuidv7(), any_value(x), kernel.uuidv7()'),
      file('migrations/2.ts', 'unique (id, during without overlaps)'),
    ],
    ['know uuidv7()', 'know any_value()', 'know without overlaps'],
  ],
  [
    'handlers that only forward',
    forwardingHandlers,
    [
      file('a.ts', `@CommandHandler(X) class A { execute(command: X) { return this.service.placeOrder(command); } }`),
      file(
        'b.ts',
        `@QueryHandler(X) class B { async execute({}: X, q: Y) { return this.database.read('select 1', [1]); } }`,
      ),
      file('c.ts', `@CommandHandler(X) class C { async execute(c: X) { await this.service.place(c.id, c.lines); } }`),
      file('d.ts', `@CommandHandler(X) class D { execute(c: X) { return this.uow.run((tx) => tx.store.remove(c)); } }`),
    ],
    ['a.ts A: a handler', 'c.ts C: a handler'],
  ],
])('%s', (_, check, planted, expected) => {
  it('are right in the product', () => expect(check(product)).toEqual([]));
  it('are caught where they are wrong', () => {
    const faults = check(planted);
    expect(faults).toHaveLength(expected.length);
    for (const fault of expected) expect(faults).toContainEqual(expect.stringContaining(fault));
  });
});

describe('migrations', () => {
  it('are named for their context', () =>
    expect(migrationNames(sources('migrations'), ['realtime', ...names])).toEqual([]));

  it('are caught where they are not', () => {
    const planted = [
      file('migrations/1764000000000-orders-create.ts', 'class OrdersCreate1764000000000 {}'),
      file('migrations/1764000000000-orders-again.ts', 'class OrdersAgain1764000000000 {}'),
      file('migrations/1764000000001-create.ts', 'class Create1764000000001 {}'),
      file('migrations/1764000000002-orders-more.ts', 'class OrdersMore1 {}'),
    ];
    expect(migrationNames(planted, ['orders'])).toEqual([
      expect.stringContaining('-create.ts is not'),
      expect.stringContaining('does not end in 1764000000002'),
      expect.stringContaining('1764000000000 is used by'),
    ]);
  });
});

describe('the context map', () => {
  it('is right', () => expect(mapFaults(contextMap(ROOT), contexts(ROOT))).toEqual([]));

  it('names no edge that nothing uses', () => {
    const unused = contextMap(ROOT).edges.filter(
      ({ from, to }) =>
        !product.some(
          (one) => one.file.startsWith(`src/${from}/`) && new RegExp(`/${to.split('/')[1]}/contracts/`).test(one.text),
        ),
    );
    expect(unused.map((edge) => `${edge.from} -> ${edge.to}`)).toEqual([]);
  });

  it('is caught where it is wrong', () => {
    const reason = 'A reason that says something.';
    const faults = mapFaults(
      {
        lockRank: ['a/one', 'a/two'],
        edges: [
          { from: 'a/two', to: 'a/one', by: ['command'], sync: true, reason },
          { from: 'a/one', to: 'a/three', by: ['query'], reason },
          { from: 'a/one', to: 'a/two', by: ['event'], sync: true, reason: 'because' },
          { from: 'a/one', to: 'a/two', by: ['mail'], reason },
        ],
      },
      ['a/one', 'a/two'],
    );
    for (const fault of [
      'higher lock rank',
      'no context a/three',
      'only commands',
      'says no reason',
      '`by` is',
      'is used by',
    ])
      expect(faults).toContainEqual(expect.stringContaining(fault));
  });
});
