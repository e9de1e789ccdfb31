import { setTimeout as pause } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { newId } from '../src/kernel/ids/ids';

/** People in each room. */
export const MEMBERS = 50;

export interface Pace {
  perSecond: number;
  seconds: number;
}

export interface Talk {
  times: number[];
  expected: number;
  /** Each message once at each member. */
  delivered: number;
  twice: number;
  acknowledged: number;
  /** Milliseconds until the sender had the acknowledgement. */
  acks: number[];
}

interface Told {
  message?: { body?: string };
}

/** Every so often one of the sockets sends to its room, and all of the room's note when it arrives. */
export async function talk(
  sockets: Socket[],
  roomOf: (n: number) => string,
  { perSecond, seconds }: Pace,
  text = '.'.repeat(100),
): Promise<Talk> {
  const found: Talk = { times: [], expected: 0, delivered: 0, twice: 0, acknowledged: 0, acks: [] };
  const ears = sockets.map((socket) => {
    const heard = new Set<string>();
    const hear = ({ message }: Told): void => {
      // When it was sent, and the text.
      const [at, said] = message?.body?.split(' ', 2) ?? [];
      if (at === undefined || said !== text) return;
      if (heard.has(at)) return void (found.twice += 1);
      heard.add(at);
      found.delivered += 1;
      found.times.push(Number(process.hrtime.bigint() - BigInt(at)) / 1e6);
    };
    socket.on('room.event', hear);
    return () => socket.off('room.event', hear);
  });
  const total = perSecond * seconds;
  const from = process.hrtime.bigint();
  for (let n = 0; n < total; n++) {
    const sender = (n * 7_919) % sockets.length;
    const sent = process.hrtime.bigint();
    const message = { roomId: roomOf(sender), clientMessageId: newId(), body: `${sent} ${text}` };
    sockets[sender].emit('message.send', message, (answer: object) => {
      if ('error' in answer) return;
      found.acknowledged += 1;
      found.acks.push(Number(process.hrtime.bigint() - sent) / 1e6);
    });
    found.expected += MEMBERS;
    const due = ((n + 1) / perSecond) * 1_000 - Number(process.hrtime.bigint() - from) / 1e6;
    if (due > 1) await pause(due);
  }
  for (let waited = 0; waited < 100 && found.delivered < found.expected; waited++) await pause(100);
  for (const deaf of ears) deaf();
  return found;
}

/** As `talk`, with what is stored nowhere: who types is told to the others of the room. */
export async function type(
  sockets: Socket[],
  ids: string[],
  roomOf: (n: number) => string,
  pace: Pace,
): Promise<number[]> {
  const began = new Map<string, bigint>();
  const times: number[] = [];
  for (const socket of sockets)
    socket.on('typing.changed', ({ userId, typing }: { userId: string; typing: boolean }) => {
      const at = began.get(userId);
      if (typing && at !== undefined) times.push(Number(process.hrtime.bigint() - at) / 1e6);
    });
  // Each types once: a repetition within seconds is told to nobody.
  const total = Math.min(sockets.length, pace.perSecond * pace.seconds);
  for (let n = 0; n < total; n++) {
    began.set(ids[n], process.hrtime.bigint());
    sockets[n].emit('typing.set', { roomId: roomOf(n), typing: true });
    await pause(1_000 / pace.perSecond);
  }
  await pause(1_000);
  return times;
}
