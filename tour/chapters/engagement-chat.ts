import { io, type Socket } from 'socket.io-client';
import {
  createMainstay,
  getProfile,
  listChatMessages,
  listChatRoomEvents,
  login,
  openChatRoom,
  register,
  searchChat,
  unwrap,
  verifyEmail,
  type ChatMessageView,
  type RoomChangesView,
  type RoomEventView,
  type TokensView,
} from '../../sdk/src';
import { as, mailTo, mark, PASSWORD, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';
import { secondProcess, type SecondProcess } from '../second-process';

interface Sent {
  id: string;
  seq: number;
}

/** A client of one room: it takes events in the order of their numbers, and puts each message in the place of the former. */
class Talker {
  readonly messages = new Map<string, ChatMessageView>();
  cursor = 0;
  private socket!: Socket;

  constructor(
    readonly roomId: string,
    private readonly token: string,
  ) {}

  /** Connects to a process, then catches up with what was missed. */
  async connect(url: string): Promise<void> {
    this.socket = io(`${url}/chat`, { auth: { token: this.token }, transports: ['websocket'], reconnection: false });
    await new Promise<void>((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', reject);
    });
    const waiting: RoomEventView[] = [];
    let caughtUp = false;
    this.socket.on('room.event', (event: RoomEventView) => (caughtUp ? this.take(event) : waiting.push(event)));
    const { rooms } = await this.ask<{ rooms: Record<string, RoomChangesView> }>('rooms.sync', {
      cursors: { [this.roomId]: this.cursor },
    });
    [...rooms[this.roomId].events, ...waiting].forEach((event) => this.take(event));
    caughtUp = true;
  }

  async ask<T>(event: string, payload: object): Promise<T> {
    const answer = (await this.socket.timeout(10_000).emitWithAck(event, payload)) as T & {
      error?: { code: string; detail: string };
    };
    if (answer.error) throw new Error(`${answer.error.code}: ${answer.error.detail}`);
    return answer;
  }

  say(body: string): Promise<Sent> {
    const clientMessageId = `tour-${mark}-${body}`.replaceAll(/[^\w-]/g, '-').slice(0, 64);
    return this.ask('message.send', { roomId: this.roomId, clientMessageId, body });
  }

  leave(): void {
    this.socket.disconnect();
  }

  shown(): ChatMessageView[] {
    return [...this.messages.values()].sort((a, b) => b.seq - a.seq);
  }

  private take(event: RoomEventView): void {
    if (event.seq <= this.cursor) return;
    if (event.seq !== this.cursor + 1) throw new Error(`A hole: ${event.seq} after ${this.cursor}.`);
    this.cursor = event.seq;
    if (event.message) this.messages.set(event.message.id, event.message);
  }
}

/** Two people chat over two processes; one is away while much happens, and comes back to the same room. */
export async function engagementChat(guide: Guide, url: string): Promise<void> {
  guide.chapter('Engagement: chat');
  const email = `chris-${mark}@example.com`;
  let second: SecondProcess | null = null;
  await guide.step('a second process of Mainstay joins, over the same database', async () => {
    second = await secondProcess(url);
    return second ? `at ${second.url}` : 'not from here: the chapter goes on with one process';
  });
  const started = second as SecondProcess | null;
  try {
    await chat(guide, url, started?.url ?? url, email);
  } finally {
    started?.stop();
  }
}

async function chat(guide: Guide, url: string, other: string, email: string): Promise<void> {
  const { chris, pat, patId } = await guide.step('an owner and a customer of the shop sign in', async () => {
    await signUp(url, { email, name: 'Chris Chatter', organizationName: `Chat ${mark}` });
    const owner = await signIn(url, email);
    const { organization } = unwrap(await getProfile({ client: as(url, owner) }));
    const guest = createMainstay({ baseUrl: url, tenant: organization!.slug });
    const customer = { email: `pat-${mark}@example.com`, password: PASSWORD };
    unwrap(await register({ client: guest, body: { ...customer, name: 'Pat Peer' } }));
    const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(url, customer.email)).text)![1];
    unwrap(await verifyEmail({ client: guest, path: { token } }));
    const tokens = unwrap(await login({ client: guest, body: customer })) as TokensView;
    return { chris: owner, pat: tokens, patId: unwrap(await getProfile({ client: as(url, tokens) })).id };
  });
  const roomId = await guide.step('they have one direct room, whoever opens it', async () => {
    const body = { type: 'direct' as const, memberIds: [patId] };
    const first = unwrap(await openChatRoom({ client: as(url, chris), body })).id;
    same('room', unwrap(await openChatRoom({ client: as(url, chris), body })).id, first);
    return first;
  });
  const [a, b] = [new Talker(roomId, chris.accessToken!), new Talker(roomId, pat.accessToken!)];
  await guide.step('each over another process: what one says, the other has', async () => {
    await a.connect(url);
    await b.connect(other);
    const { id } = await a.say('Is the blue one back?');
    await until('The message at the other process', () => b.cursor === 1);
    await b.ask('reaction.add', { roomId, messageId: id, emoji: '👍' });
    await until('The reaction', () => a.cursor === 2);
    same('rooms', a.shown(), b.shown());
  });
  const sent: Sent[] = [];
  await guide.step('one goes offline, and misses 30 messages, 5 edits and 3 deletions', async () => {
    b.leave();
    for (let n = 1; n <= 30; n++) sent.push(await a.say(`Message ${n}`));
    for (const n of [0, 4, 9, 14, 29])
      await a.ask('message.edit', { roomId, messageId: sent[n].id, body: `Message ${n + 1}, in other words` });
    for (const n of [1, 9, 19]) await a.ask('message.delete', { roomId, messageId: sent[n].id });
  });
  await guide.step('and comes back to exactly what a fresh load shows', async () => {
    await b.connect(other);
    same('number', b.cursor, 40);
    const fresh = unwrap(
      await listChatMessages({ client: as(other, pat), path: { id: roomId }, query: { limit: 100 } }),
    );
    same('messages', b.shown(), fresh.data);
    same('deleted', fresh.data.filter(({ body }) => body === null).length, 3);
  });
  await guide.step('a message that is sent again, over either process, is the same message', async () => {
    const again = await b.say('Sent twice');
    b.leave();
    await b.connect(url);
    same('message', await b.say('Sent twice'), again);
    const { lastSeq } = unwrap(
      await listChatRoomEvents({ client: as(url, chris), path: { id: roomId }, query: { after: 0 } }),
    );
    same('events', lastSeq, 41);
  });
  await guide.step('it is found by its words, of which the database holds digests alone', async () => {
    const { data } = unwrap(await searchChat({ client: as(url, chris), query: { q: 'blue' } }));
    same(
      'found',
      data.map(({ body }) => body),
      ['Is the blue one back?'],
    );
  });
  a.leave();
  b.leave();
}
