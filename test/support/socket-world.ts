import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Global, Injectable, Module, type Provider } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sign } from 'jsonwebtoken';
import { io, type Socket } from 'socket.io-client';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../../src/kernel/auth/access-token';
import { policyOf } from '../../src/kernel/auth/policy';
import { AccessFacts, type AccessClaims, type TenantFacts } from '../../src/kernel/auth/ports';
import { GUEST, SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { AuthVersions } from '../../src/kernel/auth/versions';
import { clock } from '../../src/kernel/clock/clock';
import { runInContext } from '../../src/kernel/context/request-context';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { createHttpApp } from '../../src/kernel/http/http-app';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { Realtime } from '../../src/kernel/realtime/realtime';
import { RealtimeModule } from '../../src/kernel/realtime/realtime.module';
import { SocketAdapter } from '../../src/kernel/realtime/socket-adapter';
import { testConfig } from './app';
import { testDatabase, type TestDatabase } from './cluster';
import { eventually } from './eventually';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: typeof keys.publicKey, type: 'spki' | 'pkcs8'): string =>
  key.export({ type, format: 'pem' } as never) as string;
const PRIVATE = pem(keys.privateKey, 'pkcs8');
/** Roles of users by id; who is not here is a customer. */
export const rolesOf = new Map<string, string>();

@Injectable()
class Facts extends AccessFacts {
  constructor(private readonly versions: AuthVersions) {
    super();
  }
  async principalOf(claims: AccessClaims): Promise<Principal> {
    const versions = await this.versions.current(claims.tid ? [claims.tid] : []);
    const staff = rolesOf.get(claims.sub) === 'staff';
    return {
      ...GUEST,
      kind: 'user',
      userId: claims.sub,
      sessionId: claims.sid,
      sessionVersion: claims.sv,
      policyVersion: claims.tid ? (versions.get(claims.tid) ?? 0) : 0,
      tenantId: claims.tid ?? null,
      roles: [rolesOf.get(claims.sub) ?? 'customer'],
      policy: policyOf('things:read', ...(staff ? ['realtime:staff', 'things:write'] : [])),
    };
  }
  async tenantBySlug(): Promise<TenantFacts | null> {
    return null;
  }
  async verificationKey(): Promise<string | null> {
    return pem(keys.publicKey, 'spki');
  }
}

export interface Answer extends Record<string, unknown> {
  error?: { code: string; status: number; detail: string; errors: { pointer: string }[]; requestId: string };
}

/** What carries messages between the processes. */
export type StartCarrier = () => Promise<{ env: Record<string, string>; stop: () => Promise<void> }>;

/** Two processes with sockets and one that only works, in this one: each a whole application over one database. */
export class SocketWorld {
  readonly apps: NestFastifyApplication[] = [];
  readonly urls: string[] = [];
  readonly tenant = newId();
  readonly foreign = newId();
  database!: TestDatabase;
  private readonly clients: Socket[] = [];
  private carrier!: Awaited<ReturnType<StartCarrier>>;

  constructor(
    private readonly startCarrier: StartCarrier,
    private readonly gateways: Provider[],
    private readonly env: Record<string, string> = {},
  ) {}

  async start(): Promise<void> {
    this.carrier = await this.startCarrier();
    this.database = await testDatabase({ fresh: true });
    for (const roles of ['api,realtime', 'api,realtime', 'worker']) await this.startProcess(roles);
    // The adapters have found each other.
    const there = await this.connected({}, 1);
    const probes = this.heard(there, 'probe');
    for (const app of [this.apps[0], this.apps[2]]) {
      probes.length = 0;
      await eventually(() => {
        app.get(Realtime).toTenant(this.tenant, 'probe', {});
        return probes.length > 0;
      });
    }
    there.disconnect();
  }

  /** One more process. @returns its index */
  async startProcess(roles: string): Promise<number> {
    @Global()
    @Module({ providers: [{ provide: AccessFacts, useClass: Facts }, ...this.gateways], exports: [AccessFacts] })
    class ThingsModule {}
    const config = testConfig(this.database, {
      MAINSTAY_ROLES: roles,
      MAINSTAY_PUBLIC_URL: 'https://shop.example.org',
      MAINSTAY_CORS_ORIGINS: 'https://admin.example.org',
      ...this.env,
      ...this.carrier.env,
    });
    const app = await createHttpApp(
      { module: class Root {}, imports: [KernelModule.register(config), RealtimeModule, ThingsModule] },
      config,
    );
    app.useWebSocketAdapter(new SocketAdapter(app));
    await app.init();
    await app.listen(0, '127.0.0.1');
    this.apps.push(app);
    return this.urls.push(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`) - 1;
  }

  /** After each test: what it connected goes, and the clock is right again. */
  letGo(): void {
    for (const client of this.clients.splice(0)) client.disconnect();
    clock.setOffset(0);
  }

  async stop(): Promise<void> {
    for (const app of this.apps) await app.close();
    await this.carrier?.stop();
  }

  token(claims: Partial<AccessClaims> = {}): string {
    const now = Math.floor(clock.nowMs() / 1000);
    const own = { sub: newId(), sid: newId(), sv: 0, jti: newId(), tid: this.tenant, iat: now, exp: now + 600 };
    return sign({ iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, ...own, ...claims }, PRIVATE, {
      algorithm: 'ES256',
      header: { alg: 'ES256', kid: 'k1', typ: 'at+jwt' },
    });
  }

  connect(auth: object, options: { on?: number; namespace?: string; origin?: string } = {}): Socket {
    const client = io(`${this.urls[options.on ?? 0]}${options.namespace ?? '/'}`, {
      auth,
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      extraHeaders: options.origin ? { origin: options.origin } : undefined,
    });
    this.clients.push(client);
    return client;
  }

  async connected(claims: Partial<AccessClaims> = {}, on = 0, namespace = '/'): Promise<Socket> {
    const client = this.connect({ token: this.token(claims) }, { on, namespace });
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('connect_error', reject);
    });
    return client;
  }

  refused(client: Socket): Promise<{ message: string; data?: { code: string; status: number } }> {
    return new Promise((resolve, reject) => {
      client.once('connect_error', (error) => resolve(error as never));
      client.once('connect', () => reject(new Error('connected')));
    });
  }

  ask(client: Socket, event: string, ...payload: unknown[]): Promise<Answer> {
    // Servers and clients share this process: a pause of it ends a short wait before the answer that has come is read.
    return client.timeout(30_000).emitWithAck(event, ...payload) as Promise<Answer>;
  }

  /** What a client hears of an event from now on. */
  heard<T = unknown>(client: Socket, event: string): T[] {
    const list: T[] = [];
    client.on(event, (payload: T) => list.push(payload));
    return list;
  }

  bump(app: NestFastifyApplication, id: string): Promise<number> {
    return runInContext({ tenantId: this.tenant, principal: SYSTEM, requestId: newId() }, () =>
      app.get(UnitOfWork).run((tx) => app.get(AuthVersions).bump(tx, id)),
    );
  }
}
