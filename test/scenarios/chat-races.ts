import { randomInt } from 'node:crypto';
import type { DynamicModule, Type } from '@nestjs/common';
import { SyncQuery } from '../../src/engagement/chat/queries/events';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import { chatDesk } from '../support/chat-desk';

export interface WritersRace {
  /** Messages that were acknowledged. */
  sent: number;
  /** Errors of those that were not. */
  errors: string[];
  /** Numbers of the log, in its order. */
  log: number[];
  /** What readers who followed by their cursor saw, each in the order in which it came. */
  readers: number[][];
  /** Acknowledged messages that stand under another number in the log, or not at all. */
  misplaced: number;
}

/** Many people write to one room at once, each one message after another, while readers follow by their cursor. */
export async function writersRace(
  chat: Type | DynamicModule | undefined,
  { writers = 20, messages = 20, readers = 3 } = {},
): Promise<WritersRace> {
  const desk = await chatDesk({ chat, env: { MAINSTAY_DATABASE_POOL_SIZE: '20' } });
  try {
    const people = await Promise.all(Array.from({ length: writers }, () => desk.hire()));
    const room = await desk.open(desk.owner, { memberIds: people });
    const acknowledged = new Map<string, number>();
    const errors: string[] = [];
    let writing = true;
    const follow = async (): Promise<number[]> => {
      const seen: number[] = [];
      for (let last = false; ;) {
        const { rooms } = await desk.query(desk.owner, new SyncQuery({ [room.id]: seen.at(-1) ?? 0 }));
        seen.push(...rooms[room.id].events.map(({ seq }) => seq));
        if (last) return seen;
        last = !writing;
      }
    };
    const following = Array.from({ length: readers }, follow);
    await Promise.all(
      people.map(async (userId) => {
        for (let n = 0; n < messages; n++) {
          try {
            const { messageId, seq } = await desk.say(userId, room.id, `Message ${n}`);
            acknowledged.set(messageId!, seq);
          } catch (error) {
            errors.push((error as { code?: string }).code ?? String(error));
          }
        }
      }),
    );
    writing = false;
    const seen = await Promise.all(following);
    const log = await desk.log(desk.owner, room.id);
    const places = new Map(log.map(({ messageId, seq }) => [messageId, seq]));
    return {
      sent: acknowledged.size,
      errors,
      log: log.map(({ seq }) => seq),
      readers: seen,
      misplaced: [...acknowledged].filter(([id, seq]) => places.get(id) !== seq).length,
    };
  } finally {
    await desk.close();
  }
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** Every message is acknowledged, the log counts from 1 without a gap, and every reader saw all of it in its order. */
export function expectOneOrder(race: WritersRace, messages: number): void {
  expect(race).toEqual({
    sent: messages,
    errors: [],
    log: upTo(messages),
    readers: race.readers.map(() => upTo(messages)),
    misplaced: 0,
  });
}

export interface ResendRace {
  rows: number;
  /** Different answers (id and number) of all tries of each message. */
  answers: number;
  errors: string[];
  /** What a changed text under the same name was answered with. */
  changed: string;
}

/** Each of some messages is sent by many tries at once under one name, and once more with another text. */
export async function resendRace(
  chat: Type | DynamicModule | undefined,
  { messages = 5, tries = 20 } = {},
): Promise<ResendRace> {
  const desk = await chatDesk({ chat, env: { MAINSTAY_DATABASE_POOL_SIZE: '20' } });
  try {
    const other = await desk.hire();
    const room = await desk.open(desk.owner, { memberIds: [other] });
    const names = Array.from({ length: messages }, () => newId());
    const send = (clientMessageId: string) =>
      desk.say(other, room.id, `Text of ${clientMessageId}`, { clientMessageId });
    const order = names
      .flatMap((name) => Array.from({ length: tries }, () => name))
      .map((name) => [randomInt(1_000_000), name] as const)
      .sort(([a], [b]) => a - b);
    const settled = await Promise.allSettled(order.map(([, name]) => send(name)));
    const answers = new Set<string>();
    const errors: string[] = [];
    for (const one of settled) {
      if (one.status === 'fulfilled') answers.add(`${one.value.messageId} ${one.value.seq}`);
      else errors.push((one.reason as { code?: string }).code ?? String(one.reason));
    }
    const changed = await desk.say(other, room.id, 'Something else', { clientMessageId: names[0] }).then(
      () => 'sent',
      (error: { code?: string }) => error.code ?? String(error),
    );
    const [{ rows }] = await desk.app
      .get(Database)
      .readAs<{ rows: number }>(desk.tenantId, 'select count(*)::int as rows from chat.messages');
    return { rows, answers: answers.size, errors, changed };
  } finally {
    await desk.close();
  }
}

/** One message a name, whoever tried, and one answer. */
export const expectOneEach = (race: ResendRace, messages: number): void =>
  expect(race).toEqual({ rows: messages, answers: messages, errors: [], changed: 'chat.client-message-id-reused' });
