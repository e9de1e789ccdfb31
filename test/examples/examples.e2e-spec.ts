import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { ACCESS } from '../../src/access/audit/domain/catalogue/access';
import { FACTORS } from '../../src/access/audit/domain/catalogue/factors';
import { GRANTS } from '../../src/access/audit/domain/catalogue/grants';
import { ORGANIZATIONS } from '../../src/access/audit/domain/catalogue/organizations';
import { SESSIONS } from '../../src/access/audit/domain/catalogue/sessions';
import { newId } from '../../src/kernel/ids/ids';
import type { Answer } from '../support/client';
import { eventually } from '../support/eventually';
import { apiDocument, operations, type Operation } from '../support/openapi';
import { ResponseSchemas } from '../support/response-schema';
import { openWorld, type Arrangement, type Arrangements, type Example, type World } from './world';

const FOLDER = path.join(__dirname, 'operations');
const document = apiDocument();
const all = operations(document);
const schemas = new ResponseSchemas(document);

/** Every arrangement, by operation id. */
const arrangements = new Map<string, Arrangement>(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      Object.entries((require(path.join(FOLDER, file)) as { default: Arrangements }).default).map(
        ([id, arrangement]) => [id, arrangement] as const,
      ),
    ),
);

const howTo = (operation: Operation): string => {
  const tag = operation.path.replace('/api/v1/', '').replace(/^\//, '').split('/')[0];
  return `
The document's own example of ${operation.method} ${operation.path} must be one that works. Either
- mend the example: @example in the docstrings of the body's DTO (request and answer), or the status that the controller documents; or
- say what has to be there first in test/examples/operations/${tag}.ts:
    ${operation.id}: async ({ shop }) => ({ path: { id: await ... }, body: { memberId: ... } }),
  (caller, path, body members, query, headers and status: see \`Example\` in test/examples/world.ts); or
- where no test can send it: ${operation.id}: { notSent: 'the reason, and which test sends such a request' }.`;
};

class BrokenExample extends Error {
  constructor(operation: Operation, what: string) {
    super(`${operation.id}: ${what}\n${howTo(operation)}`);
    this.stack = this.message;
  }
}

function address(operation: Operation, example: Example, query: Record<string, string>): string {
  const at = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const value = example.path?.[name];
    if (value === undefined) throw new BrokenExample(operation, `nothing says what {${name}} is.`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams({ ...example.query, ...query });
  return `${at.startsWith('/api/') ? at : `/${at}`}${search.size > 0 ? `?${search.toString()}` : ''}`;
}

/** The content of a request: the document's example with what was arranged in place of its members. */
async function content(operation: Operation, type: string, given: Example): Promise<{ body?: string; type: string }> {
  const { example } = operation.contents[type];
  if (example === undefined) throw new BrokenExample(operation, `its body (${type}) has no example.`);
  if (typeof given.body === 'string') return { body: given.body, type };
  if (type === 'multipart/form-data') {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...(example as Record<string, string>), ...given.body }))
      if (operation.contents[type].schema?.properties?.[name]?.format === 'binary')
        form.set(name, new Blob([String(value)]), `${name}.csv`);
      else form.set(name, String(value));
    const wire = new Response(form);
    return { body: await wire.text(), type: wire.headers.get('content-type')! };
  }
  if (typeof example === 'string') return { body: example, type };
  return { body: JSON.stringify({ ...(example as object), ...given.body }), type };
}

const ROOT = path.join(__dirname, '../..');
const ACTIONS_OF_ACCESS = [ACCESS, FACTORS, GRANTS, ORGANIZATIONS, SESSIONS].flatMap((list) => Object.keys(list));
/** An approval whose order lapsed first ends by itself: whether within the run of the examples is a matter of its length. */
const SOMETIMES = 'ExpireApproval';
/** Actions that no example asks for, each with the test that provokes it and what it does for that. */
const PROVOKED_ELSEWHERE: Record<string, [file: string, how: string]> = {
  AccessRoute: ['src/access/audit/http/audit-logs.e2e-spec.ts', 'action=AccessRoute'],
  AnswerRecovery: ['src/access/identity/http/mfa-policy.e2e-spec.ts', 'mfa/recovery'],
  ApplyAuditRetention: ['src/access/audit/retention.int-spec.ts', "'ApplyAuditRetention'"],
  ApproveRecovery: ['src/access/identity/http/mfa-policy.e2e-spec.ts', '/approve`'],
  CarryOutRecovery: ['src/access/identity/http/mfa-policy.e2e-spec.ts', '/auth/mfa/recovery/complete'],
  ChallengeStepUp: ['src/access/identity/http/mfa-policy.e2e-spec.ts', '/auth/step-up/challenge'],
  CheckOperator: ['src/kernel/messaging/board/board.e2e-spec.ts', 'signIn({ ...OPERATOR'],
  ConfirmPasskey: ['src/access/identity/http/passkeys.e2e-spec.ts', `'/auth/passkeys'`],
  EscalateApproval: ['src/access/organizations/http/corporate.e2e-spec.ts', 'escalateHours: 1'],
  ExpireApproval: ['src/access/organizations/http/corporate.e2e-spec.ts', 'expiresHours: 1'],
  JoinWithPassword: ['src/access/organizations/http/organizations.e2e-spec.ts', 'has a page that takes a password'],
  LogInWithPasskey: ['src/access/identity/http/passkeys.e2e-spec.ts', `'/auth/passkeys/login'`],
  PurgeExpired: ['test/flows/identity.int-spec.ts', 'new PurgeExpiredCommand'],
  RevokeSigningKey: ['test/flows/token-attacks.int-spec.ts', 'new RevokeSigningKeyCommand'],
  RotateSigningKey: ['test/flows/identity.int-spec.ts', 'new RotateSigningKeyCommand'],
  SetPassword: ['test/flows/identity.int-spec.ts', 'new SetPasswordCommand'],
  DeleteAccount: ['test/flows/accounts.int-spec.ts', 'app.get(DeleteAccount)'],
  ShredSubject: ['src/access/audit/retention.int-spec.ts', 'new ShredSubjectCommand'],
};

describe('the examples of the API document', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  }, 120_000);
  afterAll(() => {
    if (world) process.kill(world.server.pid, 'SIGTERM');
  });

  const caller = (operation: Operation) =>
    Array.isArray(operation.permission) && operation.permission.includes('operator')
      ? world.operator
      : operation.secured
        ? world.shop.asOwner
        : world.shop.asGuest;

  async function send(operation: Operation, example: Example, query: Record<string, string>, type?: string) {
    const made = type ? await content(operation, type, example) : undefined;
    const headers = { ...(made ? { 'content-type': made.type } : {}), ...example.headers };
    const takesKey = operation.parameters.some(({ name }) => name === 'Idempotency-Key');
    const client = example.client ?? caller(operation);
    const at = address(operation, example, query);
    return client.call(operation.method, at, made?.body, { headers, ...(takesKey ? { key: newId() } : {}) });
  }

  function judge(operation: Operation, example: Example, answer: Answer, asked = ''): void {
    const documented = Object.keys(operation.responses).map(Number);
    const expected = example.status ?? documented.filter((status) => status >= 200 && status < 400).sort()[0];
    if (answer.status !== expected)
      throw new BrokenExample(
        operation,
        `${asked}expected ${expected}, got ${answer.status}: ${answer.text.slice(0, 800)}`,
      );
    const [type, media] = Object.entries(operation.responses[expected]?.content ?? {})[0] ?? [];
    if (!type || !media?.schema || !/json/.test(type) || asked.startsWith('with fields=')) return;
    const faults = schemas.faults(media.schema, answer.body);
    if (faults.length > 0)
      throw new BrokenExample(
        operation,
        `the answer is not what the document says:\n  ${faults.slice(0, 8).join('\n  ')}\n${answer.text.slice(0, 800)}`,
      );
  }

  it.each(all.map((operation) => [operation.id, operation] as const))('%s', async (_id, operation) => {
    const arrangement: Arrangement = arrangements.get(operation.id) ?? (() => ({}));
    if (typeof arrangement === 'object') return expect(arrangement.notSent.length).toBeGreaterThan(20);
    const types = Object.keys(operation.contents);
    for (const type of types.length > 0 ? types : [undefined]) {
      const example = await arrangement(world);
      judge(operation, example, await send(operation, example, {}, type));
      if (operation.method !== 'GET') continue;
      // Each optional parameter with an example, alone.
      for (const { name, schema, ...parameter } of operation.parameters.filter((one) => one.in === 'query')) {
        const value = schema?.example ?? parameter.example ?? schema?.enum?.[0];
        if (value === undefined || (example.query && name in example.query)) continue;
        const text = Array.isArray(value) ? value.join(',') : String(value as string | number | boolean);
        judge(operation, example, await send(operation, example, { [name]: text }), `with ${name}=${text} `);
      }
    }
  });

  it('provoke every action of access in the audit catalogue, but for those that no example asks for', async () => {
    const admin = new Client({ connectionString: world.server.database.superuserUrl });
    await admin.connect();
    try {
      // What reactions and jobs do comes a moment later.
      await eventually(async () => {
        const { rows } = await admin.query<{ action: string }>(
          `select action from audit.entries union select unnest(steps) from audit.entries`,
        );
        const told = new Set(rows.map(({ action }) => action));
        const silent = ACTIONS_OF_ACCESS.filter((action) => !told.has(action) && !(action in PROVOKED_ELSEWHERE));
        if (silent.length > 0) throw new Error(`The trail was never told of ${silent.join(', ')}.`);
        const stale = Object.keys(PROVOKED_ELSEWHERE).filter((action) => told.has(action) && action !== SOMETIMES);
        if (stale.length > 0) throw new Error(`Examples do provoke ${stale.join(', ')}: take them off the list.`);
        return true;
      });
    } finally {
      await admin.end();
    }
    for (const [action, [file, text]] of Object.entries(PROVOKED_ELSEWHERE)) {
      expect(ACTIONS_OF_ACCESS).toContain(action);
      expect([action, readFileSync(path.join(ROOT, file), 'utf8').includes(text)]).toEqual([action, true]);
    }
  });

  it('are judged: an answer with a member too many or too few is seen', () => {
    const schema = { $ref: '#/components/schemas/PageInfo' };
    const page = { limit: 20, nextCursor: null, hasMore: false };
    expect(schemas.faults(schema, page)).toEqual([]);
    expect(schemas.faults(schema, { ...page, offset: 3 })).toHaveLength(1);
    expect(schemas.faults(schema, { limit: 20, hasMore: false })).toHaveLength(1);
    expect(schemas.faults(schema, { ...page, limit: '20' })).toHaveLength(1);
  });

  it('are arranged for operations that exist', () => {
    const known = new Set(all.map(({ id }) => id));
    expect([...arrangements.keys()].filter((id) => !known.has(id))).toEqual([]);
  });
});
