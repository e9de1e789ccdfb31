import { connect } from 'node:net';
import { Controller, Get, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { testConfig } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { Public } from '../auth/decorators';
import { KernelModule } from '../kernel.module';
import { createHttpApp } from './http-app';

@Controller('things')
class ThingsController {
  @Get() @Public() list(): object {
    return { data: Array.from({ length: 500 }, (_, i) => ({ name: `thing ${i}` })) };
  }
  @Get('small') @Public() small(): object {
    return { data: [] };
  }
  @Post() @Public() make(): object {
    return {};
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
