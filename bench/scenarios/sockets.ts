import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { io, type Socket } from 'socket.io-client';
import { newId } from '../../src/kernel/ids/ids';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { cpuSeconds, residentMb, startProcess, type RunningServer } from '../environment';
import { quantile } from '../load';
import type { Measure } from '../report';
import { connect, open, socketScene, WEBSOCKET } from '../socket-scene';
import { MEMBERS, talk, type, type Pace } from '../socket-talk';
import type { SocketUser } from '../socket-users';
import { stalledReaders } from './sockets-stalled';
import { foreigners, revoked } from './sockets-refused';

interface Size extends Pace {
  /** Idle connections of the measure of memory. */
  held: number;
  clients: number;
}

/** A text of 9,000 bytes. */
const LONG = '語'.repeat(3_000);

const FULL: Size = { held: 10_000, clients: 2_000, perSecond: 100, seconds: 60 };
const QUICK: Size = { held: 1_000, clients: 200, perSecond: 20, seconds: 5 };

/**
 * Sockets: what a held connection costs, what a storm of reconnections does, how a message of a chat room gets to its
 * fifty members over two processes beside a bare echo, who is kept out, what is left when one process is killed, and what a
 * reader costs that takes nothing.
 */
export async function sockets(
  postgres: EmbeddedPostgres,
  quick: boolean,
  say: (text: string) => void,
): Promise<Measure[]> {
  return [...(await talking(postgres, quick, say)), ...(await stalledReaders(postgres, quick, say))];
}

async function talking(postgres: EmbeddedPostgres, quick: boolean, say: (text: string) => void): Promise<Measure[]> {
  const size = quick ? QUICK : FULL;
  const scene = await socketScene(postgres);
  const { nodes, admin, post, users } = scene;
  const measures: Measure[] = [];
  const floor = await startProcess('socket-floor', 'dist/bench/socket-floor.js', {}, '/');
  const close = async (list: Socket[]): Promise<void> => {
    for (const socket of list) socket.close();
    await pause(1_000);
  };
  const most = async (until: Promise<unknown>): Promise<number> => {
    let peak = 0;
    let done = false;
    void until.finally(() => (done = true));
    while (!done) {
      const { rows } = await admin.query<{ n: number }>(
        `select max(n)::int as n from (select count(*) as n from pg_stat_activity where application_name like 'mainstay%' or usename = 'mainstay' group by client_port % 1) x`,
      );
      peak = Math.max(peak, rows[0].n ?? 0);
      await pause(100);
    }
    return peak;
  };
  try {
    say('Making users ...');
    const people = await users(Math.max(size.held, size.clients));
    say(`Holding ${size.held} connections ...`);
    const warm = await open(50, (n) => connect(people[n], nodes[0], '/'));
    await close(warm.sockets);
    const before = residentMb(nodes[0].pid);
    const held = await open(size.held, (n) => connect(people[n], nodes[0], '/'));
    await pause(quick ? 3_000 : 10_000);
    const each = ((residentMb(nodes[0].pid) - before) * 1_024) / Math.max(1, held.connected);
    measures.push({
      scenario: 'sockets: memory of a held connection',
      unit: 'KB RSS',
      value: each,
      aim: '<= 60',
      met: each <= 60 && held.refused === 0,
      note: `${held.connected} authenticated users in one process, ${Math.round(before)} MB before`,
    });
    await close(held.sockets);

    say(`A storm of ${size.clients} in ${quick ? 1 : 5} s ...`);
    // The second process has held nothing yet.
    const empty = residentMb(nodes[1].pid);
    const from = process.hrtime.bigint();
    const storming = open(size.clients, (n) => connect(people[n], nodes[n % 2]), { withinMs: quick ? 1_000 : 5_000 });
    const peak = await most(storming);
    const storm = await storming;
    const settled = Number(process.hrtime.bigint() - from) / 1e9;
    measures.push({
      scenario: 'sockets: reconnect storm until all are back',
      unit: 's',
      value: settled,
      aim: '<= 20',
      met: settled <= 20 && storm.refused === 0 && peak <= 2 * 25,
      note: `${storm.connected} back, ${storm.refused} refused, ${peak} database connections of two processes`,
    });

    say(`${size.clients} clients in rooms of ${MEMBERS}, ${size.perSecond} messages a second ...`);
    const rooms: string[] = [];
    for (let at = 0; at < size.clients; at += MEMBERS) {
      const [owner, ...others] = people.slice(at, at + MEMBERS);
      const { id } = await post<{ id: string }>(owner.token, '/chat/rooms', {
        type: 'group',
        name: `Room ${at}`,
        memberIds: others.map((one) => one.id),
      });
      rooms.push(id);
    }
    await pause(1_000);
    const echoes = await open(size.clients, (n) =>
      io(floor.url, { ...WEBSOCKET, auth: { room: `r${Math.floor(n / MEMBERS)}` } }),
    );
    const busy = (servers: RunningServer[]): number => servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
    const idleFloor = busy([floor]);
    const room = (n: number): string => rooms[Math.floor(n / MEMBERS)];
    const bare = await talk(echoes.sockets, () => '', size);
    const floorCpu = busy([floor]) - idleFloor;
    await close(echoes.sockets);
    const idle = busy(nodes);
    let resident = residentMb(nodes[1].pid);
    const look = setInterval(() => (resident = Math.max(resident, residentMb(nodes[1].pid))), 250);
    const ours = await talk(storm.sockets, room, size);
    clearInterval(look);
    const cpu = busy(nodes) - idle;
    const [mine, floors] = [ours.times, bare.times];
    const ratio = (q: number): number => quantile(mine, q) / Math.max(0.1, quantile(floors, q));
    const p99 = quantile(mine, 0.99);
    measures.push({
      scenario: 'sockets: persisted message to 50 members, two processes',
      unit: 'x echo (p99)',
      value: ratio(0.99),
      p50: quantile(mine, 0.5),
      p95: quantile(mine, 0.95),
      p99,
      aim: '<= 3 and 750 ms, all once',
      met: ratio(0.99) <= 3 && p99 <= 750 && ours.delivered === ours.expected && ours.twice === 0,
      note: `p50 ${ratio(0.5).toFixed(1)} x; echo p50 ${quantile(floors, 0.5).toFixed(1)}, p99 ${quantile(floors, 0.99).toFixed(1)} ms; ${ours.delivered} of ${ours.expected} delivered, ${ours.twice} twice, ${ours.acknowledged} acknowledged, p50 after ${quantile(ours.acks, 0.5).toFixed(1)}, p99 after ${quantile(ours.acks, 0.99).toFixed(1)} ms; CPU of both processes ${(cpu / Math.max(0.01, floorCpu)).toFixed(1)} x that of the echo`,
    });
    const busySocket = ((resident - empty) * 1_024) / (size.clients / 2);
    measures.push({
      scenario: 'sockets: memory of a connection while all talk',
      unit: 'KB RSS',
      value: busySocket,
      // Of few, the work itself is most of it.
      ...(quick ? {} : { aim: '<= 80', met: busySocket <= 80 }),
      note: `${size.clients / 2} connections of one process, the most of it; ${Math.round(empty)} MB before`,
    });
    const long = await talk(storm.sockets, room, { perSecond: 5, seconds: quick ? 3 : 10 }, LONG);
    measures.push({
      scenario: 'sockets: a message of 9,000 bytes to 50 members, two processes',
      unit: `of ${long.expected}`,
      value: long.delivered,
      p50: quantile(long.times, 0.5),
      p95: quantile(long.times, 0.95),
      p99: quantile(long.times, 0.99),
      aim: 'all once',
      met: long.delivered === long.expected && long.twice === 0,
      note: 'more than one notification of PostgreSQL carries',
    });
    const ids = people.map(({ id }) => id);
    const typed = await type(storm.sockets, ids, room, size);
    measures.push({
      scenario: 'sockets: fan-out to 49 members, nothing stored, two processes',
      unit: 'x echo (p99)',
      value: quantile(typed, 0.99) / Math.max(0.1, quantile(floors, 0.99)),
      p50: quantile(typed, 0.5),
      p95: quantile(typed, 0.95),
      p99: quantile(typed, 0.99),
      aim: '<= 3',
      met: quantile(typed, 0.99) <= 3 * quantile(floors, 0.99),
      note: `p50 ${(quantile(typed, 0.5) / Math.max(0.1, quantile(floors, 0.5))).toFixed(1)} x echo; ${typed.length} heard`,
    });
    await close(storm.sockets);
    say('Who is kept out ...');
    measures.push(await foreigners(scene, { member: people[0], other: people.at(-1)!, roomId: rooms[0] }));
    measures.push(await revoked(scene, people.slice(-(quick ? 20 : 100))));
    measures.push(await killed(nodes, people.slice(0, quick ? 50 : 1_000), rooms[0], admin, say));
    return measures;
  } finally {
    await floor.stop();
    await scene.close();
  }
}

/** SIGKILL of the second process: its clients come back by themselves, those who do not are offline. */
async function killed(
  nodes: RunningServer[],
  people: SocketUser[],
  room: string,
  admin: Client,
  say: (text: string) => void,
): Promise<Measure> {
  say('Killing one of two processes ...');
  const [leaver, ...others] = people;
  const gone = io(`${nodes[1].url}/chat`, { ...WEBSOCKET, auth: { token: leaver.token } });
  // As behind a balancer: a client that lost its process comes back to the other one.
  const clients = others.map((user) => {
    const socket = io(`${nodes[1].url}/chat`, {
      ...WEBSOCKET,
      reconnection: true,
      reconnectionDelay: 500,
      auth: { token: user.token },
    });
    socket.on('disconnect', () => {
      (socket.io as unknown as { uri: string }).uri = `${nodes[0].url}`;
    });
    return socket;
  });
  const present = (): number => clients.filter((socket) => socket.connected).length;
  for (let n = 0; n < 200 && (present() < clients.length || !gone.connected); n++) await pause(100);
  await pause(1_000);
  const heard = new Set<number>();
  const acked: number[] = [];
  clients[0].on('room.event', ({ seq }: { seq: number }) => heard.add(seq));
  const returned = new Set<Socket>();
  for (const socket of clients) socket.on('connect', () => returned.add(socket));
  const at = process.hrtime.bigint();
  const since = (): number => Number(process.hrtime.bigint() - at) / 1e9;
  // It ends now, and is no longer there to be stopped.
  const [victim] = nodes.splice(1, 1);
  process.kill(victim.pid, 'SIGKILL');
  let back = 0;
  let offline = 0;
  for (let n = 0; n < 400 && (back === 0 || offline === 0); n++) {
    await pause(100);
    if (back === 0 && returned.size >= clients.length * 0.99) back = since();
    const { rows } = await admin.query<{ state: string }>('select state from realtime.presences where id = $1', [
      leaver.id,
    ]);
    if (offline === 0 && (rows[0]?.state ?? 'offline') === 'offline') offline = since();
  }
  const answer = (await clients[0]
    .timeout(5_000)
    .emitWithAck('message.send', { roomId: room, clientMessageId: newId(), body: 'still here' })) as {
    seq?: number;
  };
  if (answer.seq !== undefined) acked.push(answer.seq);
  for (let n = 0; n < 50 && acked.some((seq) => !heard.has(seq)); n++) await pause(100);
  for (const socket of [gone, ...clients]) socket.close();
  return {
    scenario: 'sockets: a process is killed, its user is offline with the others after',
    unit: 's',
    value: offline,
    aim: '<= 30, 99 % back <= 10 s',
    met: offline > 0 && offline <= 30 && back > 0 && back <= 10 && acked.length === 1 && heard.has(acked[0]),
    note: `99 % of ${clients.length} back after ${back.toFixed(1)} s; what is said then arrives: ${acked.length === 1 && heard.has(acked[0])}`,
  };
}
