import { setTimeout as pause } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { newId } from '../../src/kernel/ids/ids';
import type { RoomChanges, Sync } from '../../src/engagement/chat/queries/events';
import type { RunningServer } from '../environment';
import { probed, type HeapProbe } from '../heap';
import { quantile } from '../load';
import type { Measure } from '../report';
import { connect, socketScene, type SocketScene } from '../socket-scene';
import type { SocketUser } from '../socket-users';

/** Messages that are written at once. */
const LANES = 8;
/** The longest message, of characters that take the most room: three bytes on the wire, two in the heap. */
const TEXT = '語'.repeat(8_000);
/** How long a reader may go on without being cut (seconds). */
const PATIENCE = 30;

const now = (): number => Number(process.hrtime.bigint()) / 1e9;

/** What Socket.IO's client writes to and reads from. */
interface WebSocketOfNode {
  pause(): void;
  resume(): void;
}

/** Who follows a room by its numbers alone, as thousands of messages would fill the memory of the bench. */
class Reader {
  cursor = 0;
  /** Times that it asked for what it missed. */
  caughtUp = 0;
  socket!: Socket;
  private wire?: WebSocketOfNode;
  private readonly ahead = new Set<number>();

  constructor(
    private readonly user: SocketUser,
    private readonly node: RunningServer,
    private readonly roomId: string,
  ) {}

  async open(): Promise<void> {
    const socket = connect(this.user, this.node);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    this.socket = socket;
    await this.catchUp();
    socket.on('room.event', (event: { roomId: string; seq: number }) => this.take(event));
  }

  /** Takes nothing from its connection any more, and says so to nobody. */
  stall(): void {
    const { transport } = this.socket.io.engine as unknown as { transport: { ws: WebSocketOfNode } };
    this.wire = transport.ws;
    this.wire.pause();
  }

  /** Reads on, to the end of what it was sent; then comes back as any client does. One that was not cut goes by itself. */
  async heal(): Promise<void> {
    const { socket } = this;
    const ended = socket.connected && new Promise((resolve) => socket.once('disconnect', resolve));
    this.wire?.resume();
    await Promise.race([ended, pause(5_000)]);
    socket.close();
    await this.open();
  }

  /** What is committed at once may be pushed in another order. */
  private take({ roomId, seq }: { roomId: string; seq: number }): void {
    if (roomId !== this.roomId || seq <= this.cursor) return;
    this.ahead.add(seq);
    while (this.ahead.delete(this.cursor + 1)) this.cursor += 1;
  }

  /** What it missed: in one go, or page by page where that is too much. @throws Error at a hole */
  async catchUp(): Promise<void> {
    const { roomId } = this;
    const { rooms } = await this.ask<Sync>('rooms.sync', { cursors: { [roomId]: this.cursor } });
    const { lastSeq } = rooms[roomId];
    let page: RoomChanges = rooms[roomId];
    while (this.cursor < lastSeq) {
      if (page.limited) page = await this.ask<RoomChanges>('room.events', { roomId, after: this.cursor });
      const before = this.cursor;
      for (const event of page.events) this.take(event);
      if (this.cursor === before) throw new Error(`Nothing follows ${before} of ${lastSeq}.`);
      page = { ...page, limited: true };
      this.caughtUp += 1;
    }
  }

  private async ask<T>(event: string, payload: object): Promise<T> {
    for (;;) {
      const answer = (await this.socket.timeout(15_000).emitWithAck(event, payload)) as T & {
        error?: { code: string };
      };
      if (!answer.error) return answer;
      if (answer.error.code !== 'realtime.too-many-events') throw new Error(answer.error.code);
      await pause(500);
    }
  }
}

/** Somebody who writes to a room as fast as the server takes it. */
class Writer {
  /** The latest number that was acknowledged. */
  lastSeq = 0;
  sent = 0;
  private going = false;
  private lanes: Promise<void>[] = [];

  constructor(
    private readonly scene: SocketScene,
    private readonly token: string,
    private readonly roomId: string,
  ) {}

  begin(): void {
    this.going = true;
    this.lanes = Array.from({ length: LANES }, async () => {
      while (this.going) {
        const body = { clientMessageId: newId(), body: TEXT };
        const { seq } = await this.scene.post<{ seq: number }>(this.token, `/chat/rooms/${this.roomId}/messages`, body);
        this.lastSeq = Math.max(this.lastSeq, seq);
        this.sent += 1;
      }
    });
  }

  async end(): Promise<void> {
    this.going = false;
    await Promise.all(this.lanes);
  }
}

/** Readers whose connection stands and who take nothing from it, while a room is written to: one, and then many. */
export async function stalledReaders(
  postgres: EmbeddedPostgres,
  quick: boolean,
  say: (text: string) => void,
): Promise<Measure[]> {
  const probe = await probed();
  const scene = await socketScene(postgres, { names: ['sockets-stalled'], env: probe.env });
  try {
    const measures: Measure[] = [];
    for (const readers of quick ? [1, 10] : [1, 50]) {
      say(`${readers} of ${readers + 1} readers take${readers === 1 ? 's' : ''} nothing ...`);
      measures.push(await stall(scene, probe, readers, quick ? 1 : 3));
    }
    return measures;
  } finally {
    await scene.close();
  }
}

async function stall(scene: SocketScene, probe: HeapProbe, count: number, warmSeconds: number): Promise<Measure> {
  const [node] = scene.nodes;
  const [owner, healthy, ...others] = await scene.users(count + 2);
  const { id: roomId } = await scene.post<{ id: string }>(owner.token, '/chat/rooms', {
    type: 'group',
    name: 'Busy',
    memberIds: [healthy, ...others].map(({ id }) => id),
  });
  const readers = others.map((user) => new Reader(user, node, roomId));
  const well = new Reader(healthy, node, roomId);
  for (const reader of [well, ...readers]) await reader.open();
  const askedBefore = well.caughtUp;
  const cutBefore = await cutSoFar(node);
  const writer = new Writer(scene, owner.token, roomId);

  // What writing itself takes is there before, and is no growth.
  writer.begin();
  const warm = now() + warmSeconds;
  const before: number[] = [];
  while (now() < warm || before.length < 5) before.push(await probe.heldMb());
  const base = Math.max(...before.slice(-5));

  for (const reader of readers) reader.stall();
  const [from, sent] = [now(), writer.sent];
  let [most, cut, first] = [base, 0, Infinity];
  let last = 0;
  while (cut < count && now() - from < PATIENCE) {
    most = Math.max(most, await probe.heldMb());
    const is = (await cutSoFar(node)) - cutBefore;
    if (is > cut) last = now() - from;
    if (is > 0) first = Math.min(first, now() - from);
    cut = is;
  }
  const megabytes = ((writer.sent - sent) * Buffer.byteLength(TEXT)) / 2 ** 20;
  await writer.end();
  const after: number[] = [];
  for (let n = 0; n < 3; n++) after.push(await probe.heldMb());

  const healing = now();
  await Promise.all(readers.map((reader) => reader.heal()));
  const healed = now() - healing;
  for (let n = 0; n < 50 && well.cursor < writer.lastSeq; n++) await pause(100);
  const whole = [well, ...readers].filter((reader) => reader.cursor >= writer.lastSeq).length;
  for (const reader of [well, ...readers]) reader.socket.close();
  const undisturbed = well.caughtUp === askedBefore && well.cursor >= writer.lastSeq;
  const each = (most - base) / count;
  return {
    scenario: `sockets: ${count === 1 ? 'a reader that takes' : `${count} readers that take`} nothing, heap of the server`,
    unit: `MB more${count === 1 ? '' : ' for each'} at most`,
    value: each,
    aim: '<= 5, cut, heals',
    met: each <= 5 && cut === count && whole === count + 1 && undisturbed,
    note: `garbage collected; ${base.toFixed(0)} MB before, ${most.toFixed(1)} at most, ${quantile(after, 0.5).toFixed(1)} once cut, which was after ${count === 1 ? '' : `${first.toFixed(1)} to `}${last.toFixed(1)} s and ${megabytes.toFixed(1)} MB of pushes to each; back in ${healed.toFixed(1)} s with all of 1 to ${writer.lastSeq}; who read on ${undisturbed ? 'missed nothing' : 'missed something'}`,
  };
}

/** How many clients this process has cut because they take too little. */
async function cutSoFar(node: RunningServer): Promise<number> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  return Number(/^realtime_disconnects_total\{reason="slow-consumer"\} (\d+)/m.exec(text)?.[1] ?? 0);
}
