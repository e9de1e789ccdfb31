import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { newId } from '../../src/kernel/ids/ids';
import {
  createMainstay,
  getProfile,
  listChatRoomEvents,
  login,
  openChatRoom,
  register,
  unwrap,
  verifyEmail,
  type TokensView,
} from '../../sdk/src';
import { as, mailTo, PASSWORD, signIn, signUp } from '../../tour/actors';
import { ChatClient } from '../chat/client';
import { productEnv, startProcess } from '../environment';
import type { Measure } from '../report';

const PEOPLE = 8;

/**
 * People write to one room over two processes, of which one is killed without a word in the middle; each then goes on over the
 * other one, and sends again what was not acknowledged. Everybody ends with the same room, in which each message is once.
 */
export async function chatUnderKill(postgres: EmbeddedPostgres, messages: number): Promise<Measure> {
  const env = productEnv(postgres);
  const stays = await startProcess('chat-stays', 'dist/main.js', env, '/health/live');
  const dies = await startProcess('chat-dies', 'dist/main.js', env, '/health/live');
  try {
    const { url } = stays;
    const email = `chat-${newId().slice(-12)}@example.com`;
    await signUp(url, { email, name: 'Bea Bench', organizationName: `Chat ${newId().slice(-8)}` });
    const owner = await signIn(url, email);
    const { organization } = unwrap(await getProfile({ client: as(url, owner) }));
    const guest = createMainstay({ baseUrl: url, tenant: organization!.slug });
    const people: TokensView[] = [];
    for (let n = 1; n < PEOPLE; n++) {
      const account = { email: `b-${newId().slice(-12)}@example.com`, password: PASSWORD };
      unwrap(await register({ client: guest, body: { ...account, name: 'Ben Bench' } }));
      const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(url, account.email)).text)![1];
      unwrap(await verifyEmail({ client: guest, path: { token } }));
      people.push(unwrap(await login({ client: guest, body: account })) as TokensView);
    }
    const memberIds = await Promise.all(
      people.map(async (tokens) => unwrap(await getProfile({ client: as(url, tokens) })).id),
    );
    const body = { type: 'group' as const, name: 'Bench', memberIds };
    const room = unwrap(await openChatRoom({ client: as(url, owner), body })).id;
    const tokens = [owner, ...people].map(({ accessToken }) => accessToken!);
    const clients = await Promise.all(
      tokens.map((token, n) => new ChatClient(token).connect(n % 2 ? dies.url : stays.url)),
    );
    for (const client of clients) await client.follow(room);
    const acknowledged = new Map<string, number>();
    let back = 0;
    let killed: Promise<void> | undefined;
    const kill = async (): Promise<void> => {
      process.kill(dies.pid, 'SIGKILL');
      const started = process.hrtime.bigint();
      await Promise.all(
        clients.map(async (client, n) => {
          if (n % 2 === 0) return;
          if (client.socket.connected)
            await new Promise<void>((resolve) => client.socket.once('disconnect', () => resolve()));
          await client.connect(stays.url);
        }),
      );
      back = Number(process.hrtime.bigint() - started) / 1e9;
    };
    const share = Math.ceil(messages / PEOPLE);
    await Promise.all(
      clients.map(async (client, c) => {
        for (let n = 0; n < share; n++) {
          const clientMessageId = newId();
          for (;;) {
            try {
              const { id, seq } = await client.send(room, `Writer ${c}, message ${n}`, clientMessageId, 3_000);
              acknowledged.set(id, seq);
              break;
            } catch (error) {
              const { message } = error as Error;
              if (!['timeout', 'realtime.too-many-events'].includes(message)) throw error;
              await killed;
              if (message !== 'timeout') await new Promise((resolve) => setTimeout(resolve, 200));
            }
          }
          if (acknowledged.size >= (share * PEOPLE) / 2) killed ??= kill();
        }
      }),
    );
    await killed;
    const wanted = share * PEOPLE;
    const { lastSeq } = unwrap(
      await listChatRoomEvents({ client: as(url, owner), path: { id: room }, query: { after: 0 } }),
    );
    let complete = 0;
    const refusals = new Set<string>();
    for (const client of clients) {
      let refused = '';
      for (let n = 0; n < 50; n++) {
        refused = await client.catchUp(room).then(
          () => '',
          (error: Error) => error.message,
        );
        // Whoever wrote as fast as they could has to wait until they may ask.
        if (refused !== 'realtime.too-many-events') break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      if (refused) refusals.add(refused);
      const follower = client.rooms.get(room)!;
      const missing = [...acknowledged].filter(([id, seq]) => follower.messages.get(id)?.seq !== seq).length;
      if (follower.cursor === wanted && missing === 0) complete += 1;
      client.disconnect();
    }
    if (lastSeq !== wanted || acknowledged.size !== wanted || complete !== PEOPLE)
      throw new Error(
        `${acknowledged.size} of ${wanted} acknowledged, ${lastSeq} in the log, ${complete} of ${PEOPLE} complete${[...refusals].map((code) => `, ${code}`).join('')}.`,
      );
    return {
      scenario: `chat: ${wanted} messages, one of two processes killed`,
      unit: 's until all are back',
      value: back,
      aim: '<= 10',
      met: back <= 10,
      note: `no acknowledged message missing, none twice, 1 to ${lastSeq} without a hole at ${PEOPLE} clients`,
    };
  } finally {
    await stays.stop();
    try {
      process.kill(dies.pid, 'SIGKILL');
    } catch {
      // It is gone, as it should be.
    }
  }
}
