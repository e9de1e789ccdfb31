import { RouterExecutionContext } from '@nestjs/core/router/router-execution-context';
import { PipesConsumer } from '@nestjs/core/pipes/pipes-consumer';
import { runPipesSynchronously } from './synchronous-pipes';

type Pipe = { transform(value: unknown, metadata: { type: string; data?: unknown }): unknown };
type Apply = (args: unknown[], request: unknown, reply: unknown, next: unknown) => Promise<unknown> | undefined;
type Router = { createPipesFn(pipes: Pipe[], params: object[]): Apply | null };

const prototype = RouterExecutionContext.prototype as unknown as Router;
const nests = prototype.createPipesFn;
runPipesSynchronously();
const ours = prototype.createPipesFn;

const router = Object.assign(Object.create(RouterExecutionContext.prototype) as object, {
  pipesConsumer: new PipesConsumer(),
}) as unknown as Router;

const BODY = 3;
const QUERY = 4;
const PARAM = 5;
const RESPONSE = 1;
const CUSTOM = 'x__customRouteArgs__';

const log: string[] = [];
const shout: Pipe = {
  transform: (value, { type }) => {
    log.push(`shout ${type}`);
    return `${String(value)}!`;
  },
};
const later: Pipe = {
  transform: async (value, { type, data }) => {
    log.push(`later ${type} ${String(data)}`);
    await Promise.resolve();
    return `${String(value)}…`;
  },
};
const refuse = (text: string): Pipe => ({
  transform: () => {
    throw new Error(text);
  },
});
const refuseLater = (text: string): Pipe => ({ transform: () => Promise.reject(new Error(text)) });
const param = (index: number, type: number | string, value: unknown, ...pipes: Pipe[]): object => ({
  index,
  type,
  data: type === PARAM ? 'id' : undefined,
  metatype: String,
  pipes,
  extractValue: () => (typeof value === 'function' ? (value as () => unknown)() : value),
});
const boom = (): never => {
  throw new Error('extractor');
};

const CASES: [string, Pipe[], object[]][] = [
  ['no parameters', [shout], []],
  ['plain values', [], [param(0, BODY, 'a'), param(1, RESPONSE, 'b')]],
  ['synchronous pipes', [shout], [param(0, BODY, 'a', shout), param(1, PARAM, 'b'), param(2, CUSTOM, 'c')]],
  ['what no pipe sees', [shout], [param(0, RESPONSE, 'reply'), param(1, QUERY, 'q')]],
  ['a promise before the pipes', [shout], [param(0, CUSTOM, () => Promise.resolve('a')), param(1, QUERY, 'q')]],
  ['a promise and no pipe', [], [param(0, CUSTOM, () => Promise.resolve('a'))]],
  ['pipes that wait', [later, shout], [param(0, BODY, 'a', later), param(1, PARAM, 'b', shout)]],
  ['a refusal', [shout], [param(0, BODY, 'a', refuse('first')), param(1, PARAM, 'b', refuse('second'))]],
  ['a refusal after one that waits', [], [param(0, BODY, 'a', later), param(1, PARAM, 'b', refuse('second'))]],
  ['an extractor that throws', [shout], [param(0, CUSTOM, boom), param(1, QUERY, 'q')]],
];

async function outcome(create: Router['createPipesFn'], pipes: Pipe[], params: object[]): Promise<unknown> {
  log.length = 0;
  const apply = create.call(router, pipes, params);
  if (!apply) return null;
  const args: unknown[] = [];
  try {
    await apply(args, {}, {}, undefined);
    // The pipes of one parameter run in order; those of two may overlap otherwise than with Nest.
    return { args, log: [...log].sort() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

describe('runPipesSynchronously', () => {
  it.each(CASES)('does what Nest does: %s', async (_name, pipes, params) => {
    expect(await outcome(ours, pipes, params)).toEqual(await outcome(nests, pipes, params));
  });

  it('lets a refusal that is known at once win over one that is still waited for', async () => {
    const params = [param(0, BODY, 'a', refuseLater('late')), param(1, PARAM, 'b', refuse('early'))];
    expect(await outcome(ours, [], params)).toEqual({ error: 'early' });
  });

  it('makes no promise where no pipe does', () => {
    const args: unknown[] = [];
    expect(
      ours.call(router, [shout], [param(0, BODY, 'a'), param(1, CUSTOM, 'b')])!(args, {}, {}, undefined),
    ).toBeUndefined();
    expect(args).toEqual(['a!', 'b!']);
  });
});
