import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { Body, Controller, Get, Module, Post, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { testConfig } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { Authenticated, Public } from '../auth/decorators';
import { currentContext } from '../context/request-context';
import { KernelModule } from '../kernel.module';
import { ownCallHeaders } from './own-call';
import { createHttpApp } from './http-app';
import { MayBeAbsent } from './may-be-absent';

class ThingBody {
  @MayBeAbsent() @IsString() name?: string;
}

@Controller('things')
class ThingsController {
  @Get() @Public() list(): object {
    return { data: Array.from({ length: 500 }, (_, i) => ({ name: `thing ${i}` })) };
  }
  @Get('small') @Public() small(): object {
    return { data: [] };
  }
  @Post() @Public() make(@Body() _body: ThingBody): object {
    return {};
  }
  @Get('me') @Authenticated() me(): object {
    return {};
  }
  @Get('address') @Public() address(): object {
    return { ip: currentContext().ip };
  }
  @Get('broken') @Public() broken(): never {
    throw new Error('a fault of the product');
  }
  @Get('file') @Public() file(@Res() reply: FastifyReply): void {
    const told = { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="a.csv"', etag: '"1"' };
    const content = new Readable({ read: () => content.destroy(new Error('a fault before the first byte')) });
    void reply.headers({ ...told, 'cache-control': 'max-age=60', 'content-length': 9_000 }).send(content);
  }
}
@Module({ controllers: [ThingsController] })
class ThingsModule {}

let app: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  const config = testConfig(await testDatabase(), {
    MAINSTAY_PUBLIC_URL: 'https://shop.example.com',
    MAINSTAY_HTTPS_REDIRECT: 'true',
    MAINSTAY_TRUSTED_PROXIES: '127.0.0.1',
    MAINSTAY_RATE_LIMIT: '120',
    MAINSTAY_BODY_LIMIT_BYTES: '65536',
    LOG_LEVEL: 'fatal',
  });
  class Root {}
  app = await createHttpApp({ module: Root, imports: [KernelModule.register(config), ThingsModule] }, config);
  await app.listen(0, '127.0.0.1');
  port = Number(new URL(await app.getUrl()).port);
});
afterAll(() => app.close());

const secure = { 'x-forwarded-proto': 'https' };
const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers });

/** What the server says to these bytes, until it closes the connection. */
const raw = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => (said += chunk.toString()));
    socket.on('close', () => resolve(said));
    socket.on('error', reject);
  });

it('sends visitors over plain HTTP to HTTPS, and refuses what may carry secrets', async () => {
  const visitor = await get('/api/things/small?x=1');
  expect([visitor.statusCode, visitor.headers.location]).toEqual([
    308,
    'https://shop.example.com/api/things/small?x=1',
  ]);
  const post = await app.inject({ method: 'POST', url: '/api/v1/things', payload: { password: 'p' } });
  expect([post.statusCode, post.json().code]).toEqual([400, 'http.https-required']);
  expect((await get('/health/live')).statusCode).toBe(200);
  const answer = await get('/api/v1/things/small', secure);
  expect([answer.statusCode, answer.headers['strict-transport-security']]).toEqual([
    200,
    expect.stringContaining('max-age=31536000'),
  ]);
  const stranger = await app.inject({
    method: 'GET',
    url: '/api/v1/things/small',
    headers: secure,
    remoteAddress: '198.51.100.7',
  });
  expect(stranger.statusCode).toBe(308);
  // What the process sends to itself leaves it over no wire.
  const own = { method: 'POST', url: '/api/v1/things', payload: {} } as const;
  expect((await app.inject({ ...own, headers: ownCallHeaders() })).json().code).not.toBe('http.https-required');
  for (const told of ['', 'x', 'x'.repeat(43)])
    expect((await app.inject({ ...own, headers: { 'x-mainstay-own-call': told } })).json().code).toBe(
      'http.https-required',
    );
});

it('redirects to its own address alone, whatever host the request names', async () => {
  for (const [target, path] of [
    ['//evil.test/a?b=1', '/evil.test/a?b=1'],
    ['/\\evil.test', '/evil.test'],
    ['http://evil.test/a', '/a'],
    ['https://evil.test', '/'],
  ])
    expect([
      target,
      /^location: (.*)$/im.exec(
        await raw(`GET ${target} HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n`),
      )?.[1],
    ]).toEqual([target, `https://shop.example.com${path}`]);
});

it('believes a proxy that it trusts, and of what that says only the last address', async () => {
  const seen = async (headers: Record<string, string>, remoteAddress?: string): Promise<string> =>
    (
      await app.inject({
        method: 'GET',
        url: '/api/v1/things/address',
        headers: { ...secure, ...headers },
        remoteAddress,
      })
    ).json().ip;
  expect(await seen({ 'x-forwarded-for': '198.51.100.7' })).toBe('198.51.100.7');
  // What stands before it is the word of the client.
  expect(await seen({ 'x-forwarded-for': '203.0.113.9, 198.51.100.7' })).toBe('198.51.100.7');
  expect(await seen({ 'x-real-ip': '203.0.113.9', forwarded: 'for=203.0.113.9' })).toBe('127.0.0.1');
  const direct = await app.inject({
    method: 'GET',
    url: '/api/v1/things/address',
    headers: { ...secure, 'x-forwarded-for': '203.0.113.9' },
    remoteAddress: '192.0.2.4',
  });
  // Nor does a stranger get to say that it came over HTTPS.
  expect(direct.statusCode).toBe(308);
});

it('has its security fields on every failure', async () => {
  const json = { ...secure, 'content-type': 'application/json' };
  const send = (payload: string, headers = json) =>
    app.inject({ method: 'POST', url: '/api/v1/things', headers, payload });
  const flood = { ...secure, 'x-forwarded-for': '198.51.100.200' };
  for (let i = 0; i < 120; i++) await get('/api/v1/things/small', flood);
  const answers: [number, Awaited<ReturnType<typeof get>>][] = [
    [200, await get('/api/v1/things/small', secure)],
    [308, await get('/api/v1/things/small')],
    [400, await send('{')],
    [401, await get('/api/v1/things/me', { ...secure, authorization: 'Bearer x' })],
    [404, await get('/nothing', secure)],
    [404, await get('/api/v1/nothing', secure)],
    [405, await app.inject({ method: 'DELETE', url: '/api/v1/things', headers: secure })],
    [413, await send(JSON.stringify({ name: 'x'.repeat(70_000) }))],
    [415, await send('a=b', { ...json, 'content-type': 'text/plain' })],
    [429, await get('/api/v1/things/small', flood)],
    [500, await get('/api/v1/things/broken', secure)],
  ];
  for (const [status, { statusCode, headers }] of answers) {
    expect([status, headers]).toEqual([
      statusCode,
      expect.objectContaining({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'/),
        'strict-transport-security': expect.stringMatching(/^max-age=31536000; includeSubDomains/),
        'cache-control': 'no-store',
        'x-request-id': expect.any(String),
      }),
    ]);
    expect([status, headers.server, headers['x-powered-by']]).toEqual([status, undefined, undefined]);
  }
});

it('refuses names that belong to prototypes, wherever they stand', async () => {
  for (const body of [
    '{"constructor":"x"}',
    '{"name":"x","constructor":null}',
    '{"name":"x","constructor":{"prototype":{"admin":true}}}',
    '{"__proto__":{"admin":true}}',
    '{"prototype":1}',
    '{"name":{"deep":[{"constructor":1}]}}',
  ]) {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/things',
      headers: { ...secure, 'content-type': 'application/json' },
      payload: body,
    });
    expect([body, answer.statusCode, answer.json().errors[0].code]).toEqual([body, 400, 'forbidden-key']);
  }
  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    const headers = { ...secure, 'content-type': 'application/json' };
    const payload = `{"name":"x","${name}":1}`;
    const answer = await app.inject({ method: 'POST', url: '/api/v1/things', headers, payload });
    expect([name, answer.statusCode, answer.json().errors?.[0].code]).toEqual([name, 400, 'forbidden-key']);
    const asked = await get(`/api/v1/things/small?${name}=1`, secure);
    expect([name, asked.statusCode, asked.json().code]).toEqual([name, 400, 'request.invalid']);
  }
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

it('mirrors nothing to TRACE, and takes no request that two readers could read differently', async () => {
  const body = '{"name":"x"}';
  const head = (...fields: string[]): string =>
    [
      'POST /api/v1/things HTTP/1.1',
      'Host: x',
      'X-Forwarded-Proto: https',
      'Content-Type: application/json',
      ...fields,
      '',
      '',
    ].join('\r\n');
  const length = `Content-Length: ${body.length}`;
  expect(await raw(head(length, 'Connection: close') + body)).toMatch(/^HTTP\/1\.1 201 /);
  for (const [what, bytes] of Object.entries({
    'length and encoding': `${head(length, 'Transfer-Encoding: chunked')}0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`,
    'two lengths': head(length, 'Content-Length: 5') + body,
    'two equal lengths': head(length, length) + body,
    'a list of lengths': head(`Content-Length: ${body.length}, ${body.length}`) + body,
    'a folded field': head(length, 'X-Folded: a\r\n b') + body,
    'another encoding': head('Transfer-Encoding: xchunked') + body,
    'chunked twice': `${head('Transfer-Encoding: chunked, chunked')}0\r\n\r\n`,
    'a signed length': head('Content-Length: +12') + body,
    'a length in hex': head('Content-Length: 0xc') + body,
    'a blank before the colon': head(`Content-Length : ${body.length}`) + body,
    'a NUL in a field': head(length, 'X-Nul: a\u0000b') + body,
    'a bare line feed': head(length).replaceAll('\r\n', '\n') + body,
    'a bare return': head(length, 'X-Return: a\rb') + body,
    'a chunk of no length': `${head('Transfer-Encoding: chunked')}x\r\n`,
  })) {
    const said = await raw(bytes);
    expect([what, said.slice(0, 12), said.split('HTTP/1.1').length]).toEqual([what, 'HTTP/1.1 400', 2]);
    expect(said).toMatch(/^x-content-type-options: nosniff/im);
  }
  for (const method of ['TRACE', 'TRACK', 'CONNECT', 'DEBUG']) {
    const said = await raw(
      `${method} /api/v1/things HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\nX-Mark: mirrored\r\nConnection: close\r\n\r\n`,
    );
    expect([method, /^HTTP\/1\.1 4\d\d/.test(said) || said === '', said.includes('mirrored')]).toEqual([
      method,
      true,
      false,
    ]);
  }
});

it('compresses large answers for clients that ask, and no small ones', async () => {
  const asks = { ...secure, 'accept-encoding': 'br, gzip' };
  expect((await get('/api/v1/things', asks)).headers['content-encoding']).toBe('br');
  expect((await get('/api/v1/things', { ...secure, 'accept-encoding': 'gzip' })).headers['content-encoding']).toBe(
    'gzip',
  );
  expect((await get('/api/v1/things', secure)).headers['content-encoding']).toBeUndefined();
  expect((await get('/api/v1/things/small', asks)).headers['content-encoding']).toBeUndefined();
});

it('says nothing of a file that failed before its first byte, and packs the problem no other way than it says', async () => {
  for (const asks of ['br, gzip', 'identity']) {
    const answer = await get('/api/v1/things/file', { ...secure, 'accept-encoding': asks });
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'http.internal']);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': String(answer.rawPayload.length),
      'cache-control': 'no-store',
    });
    for (const name of ['content-encoding', 'content-disposition', 'etag'])
      expect([name, answer.headers[name]]).toEqual([name, undefined]);
  }
});

it('answers what is no HTTP with a problem, and closes', async () => {
  for (const [bytes, status] of [
    ['rubbish\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ] as const) {
    const said = await raw(bytes);
    expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(said).toContain('application/problem+json');
    expect(JSON.parse(said.slice(said.indexOf('\r\n\r\n') + 4))).toMatchObject({
      status,
      requestId: expect.any(String),
    });
  }
});
