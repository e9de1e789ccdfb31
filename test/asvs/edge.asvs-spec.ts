import { connect } from 'node:net';
import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from '../support/client';
import { apiDocument, operations } from '../support/openapi';
import { tenantChecksums, tenantTables } from '../support/tenant-archive';
import { installation, type Installation } from './world';

describe('the edge', () => {
  const ORIGIN = 'https://admin.example.org';
  let here: Installation;
  let url: string;

  beforeAll(async () => {
    here = await installation(1, { MAINSTAY_CORS_ORIGINS: ORIGIN });
    url = here.servers[0].url;
  });
  afterAll(() => here.stop());

  const pathOf = (path: string): string => path.replace(/\{\w+\}/g, newId());

  it('sends the security fields with every operation, and with 404, 400 and 401', async () => {
    const faults: string[] = [];
    const look = async (name: string, answer: Promise<Response>): Promise<void> => {
      const { headers } = await answer;
      const type = headers.get('content-type') ?? '';
      const policy = headers.get('content-security-policy') ?? '';
      const need: [string, boolean][] = [
        ['nosniff', headers.get('x-content-type-options') === 'nosniff'],
        ['referrer-policy', (headers.get('referrer-policy') ?? '') !== ''],
        ['frame-ancestors', /frame-ancestors 'none'/.test(policy)],
        ['default-src', /default-src '(none|self)'/.test(policy)],
        ['base-uri', /base-uri 'none'/.test(policy)],
        ['opener policy', headers.get('cross-origin-opener-policy') === 'same-origin'],
        ['no banner', !headers.has('server') && !headers.has('x-powered-by')],
        ['request id', headers.has('x-request-id')],
        ['charset', !/^text\//.test(type) || /charset=/.test(type)],
      ];
      for (const [what, fine] of need) if (!fine) faults.push(`${name}: ${what}`);
    };
    for (const operation of operations(apiDocument())) {
      const { method, path } = operation;
      const headers: Record<string, string> = ['GET', 'HEAD', 'DELETE'].includes(method)
        ? {}
        : { 'content-type': 'application/json' };
      await look(
        `${method} ${path}`,
        fetch(url + pathOf(path), {
          method,
          headers,
          body: 'content-type' in headers ? '{}' : undefined,
          redirect: 'manual',
        }),
      );
    }
    await look('404', fetch(`${url}/api/v1/nothing-here`));
    await look(
      '400',
      fetch(`${url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }),
    );
    await look('401', fetch(`${url}/api/v1/orders`, { headers: { authorization: 'Bearer x' } }));
    expect(faults).toEqual([]);
  }, 600_000);

  it('keeps answers to signed-in callers out of caches', async () => {
    const client = here.shop.asOwner;
    for (const path of ['/auth/profile', '/orders', '/members', '/audit-logs', '/sessions'])
      expect([path, (await client.get(path)).headers.get('cache-control')]).toEqual([
        path,
        expect.stringContaining('no-store'),
      ]);
  });

  it('lets only named origins in, and never reflects another', async () => {
    const ask = (origin: string) =>
      fetch(`${url}/api/v1/products`, { headers: { origin, 'x-tenant': here.shop.slug } });
    const good = await ask(ORIGIN);
    expect(good.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(good.headers.get('vary')).toMatch(/origin/i);
    for (const origin of [
      'https://evil.test',
      'null',
      `${ORIGIN}.evil.test`,
      `https://evil-admin.example.org`,
      ORIGIN.replace('https', 'http'),
      `${ORIGIN}:8443`,
    ])
      expect([origin, (await ask(origin)).headers.get('access-control-allow-origin')]).toEqual([origin, null]);
  });

  it('refuses TRACE and methods that are not declared', async () => {
    for (const method of ['TRACE', 'TRACK', 'PUT', 'PROPFIND']) {
      const answer = await raw(
        `${method} /api/v1/products HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Canary: mirrored\r\n\r\n`,
      );
      expect([method, /^HTTP\/1\.1 (4\d\d|501)/.test(answer), answer.includes('mirrored')]).toEqual([
        method,
        true,
        false,
      ]);
    }
    const answer = await new TestClient(url).call('PUT', '/auth/login', {});
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(url);
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${text.slice(0, 60)}`)));
      socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
      socket.on('close', () => resolve(answer));
      socket.on('error', (error) => (answer ? resolve(answer) : reject(error)));
    });

  it('answers ambiguous requests 400 and closes', async () => {
    const body = '{"email":"a@example.com","password":"x"}';
    const head = (more: string): string =>
      `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;
    const cases = [
      head(`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked`) +
        `0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`,
      head(`Content-Length: ${body.length}\r\nContent-Length: 5`) + body,
      head(`Content-Length: ${body.length}\r\nX-Folded: a\r\n b`) + body,
      head('Transfer-Encoding: xchunked') + body,
      head('Content-Length: +5') + body,
      `GET / HTTP/1.1\r\nHost: x\r\nX-Nul: a\u0000b\r\n\r\n`,
    ];
    for (const text of cases) {
      const answer = await raw(text);
      expect([text.slice(60, 160), answer.slice(0, 12), answer.split('HTTP/1.1').length]).toEqual([
        text.slice(60, 160),
        'HTTP/1.1 400',
        2,
      ]);
    }
  });

  it('believes no forwarded address or identity: the trail names the peer', async () => {
    const mark = newId();
    await here.shop.asOwner.get('/audit-logs', {
      headers: {
        'x-forwarded-for': '198.51.100.99',
        'x-real-ip': '198.51.100.99',
        forwarded: 'for=198.51.100.99',
        'x-user-id': newId(),
        'x-request-id': mark,
      },
    });
    const { data } = expectStatus(
      await here.shop.asOwner.get<{ data: { ip: string; actor: { id: string } }[] }>(`/audit-logs?requestId=${mark}`),
      200,
    );
    expect(data).toMatchObject([{ ip: '127.0.0.1', actor: { id: here.shop.owner.user.id } }]);
  });

  it('takes no more fields than it knows, no prototype, no parameter twice', async () => {
    const { asOwner } = here.shop;
    const good = { name: 'Thing', variants: [{ sku: newId(), price: { amount: 100, currency: 'EUR' } }] };
    expect((await asOwner.post('/products', { ...good, tenantId: newId(), isAdmin: true })).status).toBe(400);
    for (const text of [
      '{"__proto__":{"polluted":true},"name":"x"}',
      '{"constructor":{"prototype":{"polluted":true}}}',
    ])
      expect((await asOwner.post('/products', text, { headers: { 'content-type': 'application/json' } })).status).toBe(
        400,
      );
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect((await asOwner.get('/orders?limit=1&limit=2')).status).toBe(400);
    expect((await asOwner.get('/orders?limit[__proto__]=1')).status).toBe(400);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])
      expect([type, (await asOwner.post('/products', 'a=b', { headers: { 'content-type': type } })).status]).toEqual([
        type,
        415,
      ]);
  });

  it('changes nothing by GET: no operation that reads writes a row of the shop', async () => {
    const admin = new Client({ connectionString: here.database.superuserUrl });
    await admin.connect();
    const tables = (await tenantTables(admin)).filter((table) => !/^(?:audit|kernel)\./.test(table));
    const sums = () => tenantChecksums(here.database.superuserUrl, here.shop.id, tables);
    const before = await sums();
    for (const { method, path } of operations(apiDocument()))
      if (method === 'GET') await here.shop.asOwner.call('GET', pathOf(path));
    expect(await sums()).toEqual(before);
    await admin.end();
  }, 600_000);
});
