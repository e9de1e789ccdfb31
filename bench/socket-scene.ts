import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { io, type Socket } from 'socket.io-client';
import type { EmbeddedPostgres } from '../src/kernel/database/embedded-postgres';
import { newId } from '../src/kernel/ids/ids';
import { productEnv, startProcess, type RunningServer } from './environment';
import { agentOf, exchange } from './load';
import { socketUsers, type SocketUser } from './socket-users';
import { EMAIL, PASSWORD } from './world';

/** Sockets that connect at a time. */
const AT_ONCE = 200;

export const WEBSOCKET = { transports: ['websocket'], forceNew: true, reconnection: false };

/** A socket of a person at a process. */
export const connect = (user: SocketUser, node: RunningServer, namespace = '/chat'): Socket =>
  io(`${node.url}${namespace}`, { ...WEBSOCKET, auth: { token: user.token } });

export interface Opened {
  sockets: Socket[];
  connected: number;
  refused: number;
}

/** Opens sockets, so many at a time, or spread over a time. */
export async function open(
  count: number,
  make: (n: number) => Socket,
  options: { withinMs?: number } = {},
): Promise<Opened> {
  const sockets: Socket[] = [];
  let connected = 0;
  let refused = 0;
  let next = 0;
  const one = (n: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = make(n);
      sockets.push(socket);
      socket.once('connect', () => (connected++, resolve()));
      socket.once('connect_error', (error) => {
        if (refused++ === 0) process.stderr.write(`refused: ${error.message}\n`);
        resolve();
      });
    });
  if (options.withinMs) {
    const all: Promise<void>[] = [];
    for (let n = 0; n < count; n++) {
      all.push(one(n));
      if (n % 20 === 19) await pause((options.withinMs / count) * 20);
    }
    await Promise.all(all);
  } else {
    const lane = async (): Promise<void> => {
      while (next < count) await one(next++);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, lane));
  }
  return { sockets, connected, refused };
}

export interface Answered<T> {
  status: number;
  body: T;
}

export interface SocketScene {
  nodes: RunningServer[];
  /** Staff of the shop, with tokens that hold for two hours, or for as long as is said. */
  users(count: number, lifeSeconds?: number): Promise<SocketUser[]>;
  /** Staff of another shop. */
  strangers(count: number): Promise<SocketUser[]>;
  /** What the first process answers; a body makes it a POST. */
  ask<T>(token: string, path: string, body?: object): Promise<Answered<T>>;
  /** The same. @throws Error for a refusal */
  post<T>(token: string, path: string, body: object): Promise<T>;
  /** Of the database, past all walls. */
  admin: Client;
  close(): Promise<void>;
}

/** Processes over one database, two unless named, and their users. */
export async function socketScene(
  postgres: EmbeddedPostgres,
  options: { names?: string[]; env?: Record<string, string> } = {},
): Promise<SocketScene> {
  const env = {
    ...productEnv(postgres),
    MAINSTAY_ROLES: 'api,realtime',
    MAINSTAY_SOCKETS_PER_USER: '1000',
    ...options.env,
  };
  const nodes: RunningServer[] = [];
  for (const name of options.names ?? ['sockets-1', 'sockets-2'])
    nodes.push(await startProcess(name, 'dist/main.js', env, '/health/live'));
  const agent = agentOf(20);
  const ask = async <T>(token: string, path: string, body?: object): Promise<Answered<T>> => {
    const headers = token === '' ? undefined : { authorization: `Bearer ${token}` };
    const answer = await exchange(agent, { url: `${nodes[0].url}/api/v1${path}`, headers, body });
    return { status: answer.status, body: JSON.parse(answer.body || '{}') as T };
  };
  const post = async <T>(token: string, path: string, body: object): Promise<T> => {
    const answer = await ask<T>(token, path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 400)}`);
    return answer.body;
  };
  const first = await post<{ accessToken: string; user: { id: string } }>('', '/auth/login', {
    email: EMAIL,
    password: PASSWORD,
  });
  const url = new URL(postgres.superuserUrl);
  url.pathname = new URL(postgres.appUrl).pathname;
  const openShop = async (): Promise<{ userId: string; tenantId: string }> => {
    const shop = await post<{ id: string }>(first.accessToken, '/organizations', {
      name: `Sockets ${newId().slice(-6)}`,
    });
    return { userId: first.user.id, tenantId: shop.id };
  };
  const ours = await openShop();
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  return {
    nodes,
    admin,
    ask,
    post,
    users: (count, lifeSeconds) => socketUsers(url.href, ours, count, lifeSeconds),
    strangers: async (count) => socketUsers(url.href, await openShop(), count),
    close: async () => {
      agent.destroy();
      await admin.end();
      for (const node of nodes) await node.stop();
    },
  };
}
