import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Pool } from 'pg';
import { AuditModule } from '../../src/access/audit/audit.module';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { ChatModule } from '../../src/engagement/chat/chat.module';
import { Bodies } from '../../src/engagement/chat/data/bodies';
import { WordIndex } from '../../src/engagement/chat/data/word-index';
import { SyncQuery } from '../../src/engagement/chat/queries/events';
import { SearchMessagesQuery } from '../../src/engagement/chat/queries/search';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { loadConfig } from '../../src/kernel/config/config';
import { runInContext } from '../../src/kernel/context/request-context';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { ListQuery } from '../../src/kernel/http/pagination';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { RealtimeModule } from '../../src/kernel/realtime/realtime.module';
import {
  DeleteMessageCommand,
  EditMessageCommand,
  ReactCommand,
} from '../../src/engagement/chat/commands/change-message';
import { clock } from '../../src/kernel/clock/clock';
import { ChatFollower } from '../chat/follower';
import { comesBack, unreadModel } from '../chat/model';
import { deskOf, openOrganization, type ChatDesk, type Running } from '../chat/people';
import { productEnv } from '../environment';
import type { Measure } from '../report';
import { chatUnderKill } from './chat-kill';

const seconds = (started: bigint): number => Number(process.hrtime.bigint() - started) / 1e9;
const at = (times: number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))];

const runningOf = (app: INestApplicationContext): Running => ({
  get: <T>(token: abstract new (...args: never[]) => T): T => app.get(token as never, { strict: false }),
  close: () => app.close(),
});

/** Chat: many writers to one room over two applications, repeated sends, clients that were away, random steps, search, and a process that is killed. */
export async function chat(postgres: EmbeddedPostgres, quick: boolean): Promise<Measure[]> {
  const config = loadConfig({ ...productEnv(postgres), MAINSTAY_ROLES: 'api', LOG_LEVEL: 'error' });
  const open = () =>
    NestFactory.createApplicationContext(
      {
        module: class BenchChatModule {},
        imports: [KernelModule.register(config), RealtimeModule, AuditModule, OrganizationsModule, ChatModule],
      },
      { logger: false, abortOnError: false },
    );
  const apps = [await open(), await open()];
  try {
    const organization = await openOrganization(runningOf(apps[0]));
    const desks = apps.map((app) => deskOf(runningOf(app), organization));
    const measures = [
      ...(await writers(postgres, desks, quick ? 40 : 200, quick ? 10 : 50)),
      await resends(desks, async () => {
        const again = await open();
        apps.push(again);
        return deskOf(runningOf(again), organization);
      }),
      ...(await away(desks[0])),
      await steps(desks[0], quick ? 1_000 : 10_000),
      await search(postgres, desks[0], quick ? 20_000 : 200_000),
    ];
    for (const app of apps) await app.close();
    return [...measures, await chatUnderKill(postgres, quick ? 300 : 2_000)];
  } finally {
    for (const app of apps) await app.close().catch(() => undefined);
  }
}

/** Everybody writes to one room, one message after another; readers follow by their cursor over both applications. */
async function writers(
  postgres: EmbeddedPostgres,
  desks: ChatDesk[],
  people: number,
  messages: number,
): Promise<Measure[]> {
  const [desk] = desks;
  const writing = await Promise.all(Array.from({ length: people }, () => desk.hire()));
  const room = await desk.open(desk.owner, { type: 'channel', memberIds: writing.slice(0, 250) });
  const times: number[] = [];
  const started = process.hrtime.bigint();
  let done = false;
  const follow = async (by: ChatDesk): Promise<number> => {
    let cursor = 0;
    for (let last = false; ; last = done) {
      const { rooms } = await by.query(by.owner, new SyncQuery({ [room.id]: cursor }));
      const { events, limited, lastSeq } = rooms[room.id];
      if (limited) cursor = lastSeq;
      for (const { seq } of events) {
        if (limited) break;
        if (seq !== cursor + 1) throw new Error(`A hole: ${seq} after ${cursor}.`);
        cursor = seq;
      }
      if (last) return cursor;
    }
  };
  const readers = desks.map(follow);
  await Promise.all(
    writing.map(async (userId, w) => {
      for (let n = 0; n < messages; n++) {
        const sent = process.hrtime.bigint();
        await desks[w % desks.length].say(userId, room.id, `Writer ${w}, message ${n}: a text as people write them`);
        times.push(seconds(sent) * 1_000);
      }
    }),
  );
  const took = seconds(started);
  done = true;
  const ends = await Promise.all(readers);
  const total = people * messages;
  const log = await desk.log(desk.owner, room.id);
  if (log.length !== total || log.some(({ seq }, i) => seq !== i + 1) || ends.some((end) => end !== total))
    throw new Error('The log of the room has a hole.');
  const floor = await bare(postgres, 20, Math.min(total, 4_000));
  return [
    {
      scenario: `chat: ${people} writers to one room, ${messages} each`,
      unit: 'messages/s',
      value: total / took,
      p50: at(times, 0.5),
      p95: at(times, 0.95),
      p99: at(times, 0.99),
      floor,
      ratio: total / took / floor,
      note: `1 to ${total.toLocaleString('en')} without a hole, two applications, two readers; floor: counter and two inserts by bare pg, 20 at once`,
    },
  ];
}

/** The least that one message costs: a counter and two rows in one commit, sent as one statement. */
async function bare(postgres: EmbeddedPostgres, connections: number, total: number): Promise<number> {
  return asSuperuser(postgres, connections, async (pool) => {
    await pool.query(`create schema if not exists floor; drop table if exists floor.rooms, floor.events, floor.messages;
      create table floor.rooms (id int primary key, seq bigint); insert into floor.rooms values (1, 0);
      create table floor.events (room int, seq bigint, at timestamptz default now(), primary key (room, seq));
      create table floor.messages (id uuid primary key, room int, seq bigint, body text, unique (room, seq))`);
    const text = `with counted as (update floor.rooms set seq = seq + 1 where id = 1 returning seq),
      event as (insert into floor.events (room, seq) select 1, seq from counted)
      insert into floor.messages (id, room, seq, body) select $1, 1, seq, $2 from counted`;
    const started = process.hrtime.bigint();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        for (let n = 0; n < total / connections; n++)
          await pool.query({ name: 'floor', text, values: [newId(), 'a text as people write them'] });
      }),
    );
    return total / seconds(started);
  });
}

async function asSuperuser<T>(postgres: EmbeddedPostgres, max: number, work: (pool: Pool) => Promise<T>): Promise<T> {
  const superuser = new URL(postgres.superuserUrl);
  superuser.pathname = new URL(postgres.appUrl).pathname;
  const pool = new Pool({ connectionString: superuser.href, max });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** One message is sent twenty times at once over both applications; later and after a restart it still is the same one. */
async function resends(desks: ChatDesk[], restarted: () => Promise<ChatDesk>): Promise<Measure> {
  const [desk] = desks;
  const { id } = await desk.open(desk.owner, { memberIds: [] });
  const answers = new Set<string>();
  const sent = Array.from({ length: 20 }, (_, n) => ({ clientMessageId: newId(), text: `Message ${n}` }));
  const again = async (by: ChatDesk, { clientMessageId, text }: (typeof sent)[number]): Promise<void> => {
    const { messageId, seq } = await by.say(desk.owner, id, text, { clientMessageId });
    answers.add(`${messageId} ${seq}`);
  };
  for (const one of sent) await Promise.all(Array.from({ length: 20 }, (_, i) => again(desks[i % 2], one)));
  let refused = 0;
  clock.setOffset(600);
  try {
    for (const by of [...desks, await restarted()])
      for (const one of sent) {
        await again(by, one);
        const changed = by.say(desk.owner, id, `${one.text}, changed`, { clientMessageId: one.clientMessageId });
        await changed.catch((error: { code?: string }) => {
          if (error.code === 'chat.client-message-id-reused') refused += 1;
        });
      }
  } finally {
    clock.setOffset(0);
  }
  const stored = (await desk.log(desk.owner, id)).length;
  if (answers.size !== 20 || stored !== 20)
    throw new Error(`20 messages became ${stored}, answered as ${answers.size}.`);
  return {
    scenario: 'chat: each of 20 messages sent 20 times at once, ten minutes later and after a restart',
    unit: 'messages',
    value: stored,
    aim: '20',
    met: refused === 60,
    note: `${refused} of 60 refused that had another text under the same name`,
  };
}

/** A client that was away is equal to a fresh load again: after all kinds of changes by one pull, after a thousand messages by two. */
async function away(desk: ChatDesk): Promise<Measure[]> {
  const ben = await desk.hire();
  const { id } = await desk.open(desk.owner, { memberIds: [ben] });
  const follower = new ChatFollower(id);
  const ids: string[] = [];
  const say = async (text: string): Promise<void> => void ids.push((await desk.say(ben, id, text)).messageId!);
  const back = async (what: string): Promise<{ ms: number; pulls: number }> => {
    const { rooms } = await desk.query(desk.owner, new SyncQuery({ [id]: follower.cursor }));
    const started = process.hrtime.bigint();
    const unlike = await comesBack(desk, follower);
    if (unlike) throw new Error(`A client that missed ${what} is unlike a fresh load: ${unlike}`);
    return { ms: seconds(started) * 1_000, pulls: rooms[id].limited ? 2 : 1 };
  };
  for (let n = 0; n < 10; n++) await say(`Before ${n}`);
  await back('the beginning');
  for (let n = 0; n < 30; n++) await say(`New ${n}`);
  for (const n of [0, 3, 12, 20, 39])
    await desk.command(ben, new EditMessageCommand(id, ids[n], { body: `Edited ${n}`, mentions: [desk.owner] }));
  for (const n of [1, 4, 25]) await desk.command(ben, new DeleteMessageCommand(id, ids[n]));
  for (const [n, has] of [2, 12, 30, 30].entries())
    await desk.command(ben, new ReactCommand(id, ids[has], n === 3 ? '🎉' : '👍', true));
  const some = await back('changes');
  for (let n = 0; n < 1_000; n += 20) await Promise.all(Array.from({ length: 20 }, (_, i) => say(`More ${n + i}`)));
  const many = await back('a thousand messages');
  return [
    ['30 messages, 5 edits, 3 deletions and 4 reactions', some, 1] as const,
    ['1,000 messages', many, 2] as const,
  ].map(([missed, { ms, pulls }, most]) => ({
    scenario: `chat: who missed ${missed} is equal to a fresh load`,
    unit: 'ms',
    value: ms,
    aim: `${most} pull${most === 1 ? '' : 's'}`,
    met: pulls <= most,
    note: `${pulls} pull${pulls === 1 ? '' : 's'}; compared with what a client sees that loads the room now`,
  }));
}

async function steps(desk: ChatDesk, count: number): Promise<Measure> {
  const started = process.hrtime.bigint();
  const run = await unreadModel(desk, count);
  if (run.faults.length + run.unlike.length > 0) throw new Error([...run.faults, ...run.unlike].slice(0, 3).join('\n'));
  return {
    scenario: `chat: unread over ${count.toLocaleString('en')} random steps`,
    unit: 'steps/s',
    value: count / seconds(started),
    note: 'after each step equal to counting by hand, never below zero',
  };
}

/** Search in one room of several, of which each message is one of so many. */
async function search(postgres: EmbeddedPostgres, desk: ChatDesk, total: number): Promise<Measure> {
  const rooms = await Promise.all(Array.from({ length: 7 }, () => desk.open(desk.owner, { memberIds: [] })));
  const stranger = await desk.hire();
  const foreign = await desk.open(stranger, { memberIds: [] });
  const [bodies, index] = [desk.app.get(Bodies), desk.app.get(WordIndex)];
  const words = 'order parcel blue shelf invoice today morning tea box paper return price size small large'.split(' ');
  for (let from = 0; from < total; from += 1_000) {
    const batch = await Promise.all(
      Array.from({ length: 1_000 }, async (_, i) => {
        const n = from + i;
        const id = newId();
        const rare = n % 3_500 === 0 ? ' marmalade' : '';
        const text = `${words[n % 15]} ${words[(n >> 4) % 15]} ${words[(n >> 8) % 15]} number ${n}${rare}`;
        const { bodyId, sealed } = await bodies.seal(desk.tenantId, id, text);
        const room = n % 8 === 7 ? foreign.id : rooms[n % 7].id;
        return { id, room, bodyId, sealed, words: JSON.stringify(index.wordsOf(desk.tenantId, 'blind', text)) };
      }),
    );
    await runInContext({ tenantId: desk.tenantId, principal: SYSTEM, requestId: newId() }, () =>
      desk.app.get(UnitOfWork).run((tx) =>
        tx.execute(
          `insert into chat.messages (tenant_id, id, room_id, seq, author_id, client_id, digest, text_digest, body_id, body, rev, search, created_at)
           select $1, m.id, m.room, $2::int + m.n, $3, m.id::text, '', '', m.body_id, m.body, 1,
             array_to_tsvector(array(select jsonb_array_elements_text(m.words))), kernel.now()
           from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::jsonb[]) with ordinality as m(id, room, body_id, body, words, n)`,
          [
            desk.tenantId,
            from,
            desk.owner,
            ...(['id', 'room', 'bodyId', 'sealed', 'words'] as const).map((key) => batch.map((one) => one[key])),
          ],
        ),
      ),
    );
  }
  // What autovacuum does within a minute of so many rows.
  await asSuperuser(postgres, 1, (pool) => pool.query('vacuum analyze chat.messages'));
  const ask = async (q: string, roomId: string | null): Promise<number> => {
    const list = Object.assign(new ListQuery(), { limit: 100 });
    const { data } = await desk.query(desk.owner, new SearchMessagesQuery(q, roomId, list));
    if (data.some((message) => message.roomId === foreign.id))
      throw new Error('A message of a foreign room was found.');
    return data.length;
  };
  const times: number[] = [];
  let hits = 0;
  for (let n = 0; n < 120; n++) {
    const started = process.hrtime.bigint();
    hits = await ask('marmalade', n % 2 ? rooms[n % 7].id : null);
    if (n >= 20) times.push(seconds(started) * 1_000);
  }
  const common: number[] = [];
  for (let n = 0; n < 40; n++) {
    const started = process.hrtime.bigint();
    await ask('number', rooms[n % 7].id);
    common.push(seconds(started) * 1_000);
  }
  const p95 = at(times, 0.95);
  return {
    scenario: `chat: search among ${total.toLocaleString('en')} messages`,
    unit: 'ms p95',
    value: p95,
    p50: at(times, 0.5),
    p95,
    p99: at(times, 0.99),
    aim: '<= 150',
    met: p95 <= 150,
    note: `a rare word, ${hits} hits; a word of every message ${at(common, 0.95).toFixed(0)} ms p95; nothing foreign found`,
  };
}
