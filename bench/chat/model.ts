import {
  DeleteMessageCommand,
  EditMessageCommand,
  ReactCommand,
} from '../../src/engagement/chat/commands/change-message';
import { SetReadCommand } from '../../src/engagement/chat/commands/set-read';
import { SyncQuery } from '../../src/engagement/chat/queries/events';
import { FindRoomQuery } from '../../src/engagement/chat/queries/rooms';
import { ListMessagesQuery } from '../../src/engagement/chat/queries/messages';
import { ListQuery } from '../../src/kernel/http/pagination';
import { ChatFollower } from './follower';
import type { ChatDesk } from './people';

/** Numbers that look drawn by lot and are the same for the same seed (mulberry32). */
export function lots(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

interface Said {
  id: string;
  seq: number;
  author: string;
  mentions: string[];
  deleted: boolean;
}

interface Pointer {
  shown: number;
  hidden: number;
}

export interface ModelRun {
  seed: number;
  steps: number;
  /** Counts that were not what counting by hand gives, or below zero. */
  faults: string[];
  /** Clients whose room was not what a fresh load shows. */
  unlike: string[];
}

const MOST = 100;

/**
 * Random steps of five people in one room: they send, mention, read, mark unread, edit, delete and react. After each one the
 * counts of somebody are compared with counting by hand; now and then a client that was away catches up.
 */
export async function unreadModel(desk: ChatDesk, steps: number, seed = 7): Promise<ModelRun> {
  const lot = lots(seed);
  const people = [desk.owner, ...(await Promise.all(Array.from({ length: 4 }, () => desk.hire())))];
  const { id: roomId } = await desk.open(desk.owner, { memberIds: people });
  const said: Said[] = [];
  const pointers = new Map<string, Pointer>(people.map((id) => [id, { shown: 0, hidden: 0 }]));
  const run: ModelRun = { seed, steps, faults: [], unlike: [] };
  const follower = new ChatFollower(roomId);
  let head = 0;
  const one = <T>(list: readonly T[]): T => list[lot(list.length)];

  const byHand = (userId: string): { unread: number; mentions: number } => {
    const { shown, hidden } = pointers.get(userId)!;
    const beyond = said.filter((m) => m.seq > Math.max(shown, hidden) && !m.deleted && m.author !== userId);
    return {
      unread: Math.min(beyond.length, MOST),
      mentions: Math.min(beyond.filter((m) => m.mentions.includes(userId)).length, MOST),
    };
  };

  const acts: (() => Promise<void>)[] = [
    async () => {
      const author = one(people);
      const mentions = lot(3) === 0 ? [one(people.filter((id) => id !== author))] : [];
      const { messageId, seq } = await desk.say(author, roomId, `Text ${said.length}`, { mentions });
      said.push({ id: messageId!, seq, author, mentions, deleted: false });
      head = seq;
    },
    async () => {
      const userId = one(people);
      const kind = one(['public', 'private', 'unread'] as const);
      const seq = lot(head + 3);
      await desk.command(userId, new SetReadCommand(roomId, seq, kind));
      const pointer = pointers.get(userId)!;
      const target = Math.min(seq, head);
      if (kind === 'public') pointer.shown = Math.max(pointer.shown, target);
      else if (kind === 'private') pointer.hidden = Math.max(pointer.hidden, target);
      else Object.assign(pointer, { shown: Math.min(pointer.shown, target), hidden: Math.min(pointer.hidden, target) });
    },
    async () => {
      const message = said.length > 0 ? one(said) : undefined;
      if (!message || message.deleted) return;
      const { seq } = await desk.command(message.author, new DeleteMessageCommand(roomId, message.id));
      message.deleted = true;
      head = seq;
    },
    async () => {
      const message = said.length > 0 ? one(said) : undefined;
      if (!message || message.deleted) return;
      const mentions = lot(2) === 0 ? [one(people.filter((id) => id !== message.author))] : [];
      const text = { body: `Changed ${lot(1_000_000)}`, mentions };
      const { seq } = await desk.command(message.author, new EditMessageCommand(roomId, message.id, text));
      message.mentions = mentions;
      head = Math.max(head, seq);
    },
    async () => {
      const message = said.length > 0 ? one(said) : undefined;
      if (!message || message.deleted) return;
      const { seq } = await desk.command(
        one(people),
        new ReactCommand(roomId, message.id, one(['👍', '🎉']), lot(3) > 0),
      );
      head = Math.max(head, seq);
    },
  ];
  /** Sending is the most frequent. */
  const weights = [0, 0, 0, 0, 1, 1, 1, 2, 3, 4];

  for (let step = 0; step < steps; step++) {
    await acts[one(weights)]();
    const userId = one(people);
    const { unread, mentions, lastSeq } = await desk.query(userId, new FindRoomQuery(roomId));
    const hand = byHand(userId);
    if (unread !== hand.unread || mentions !== hand.mentions || unread < 0 || lastSeq !== head)
      run.faults.push(`step ${step}: ${unread}/${mentions} of ${hand.unread}/${hand.mentions}, ${lastSeq} of ${head}`);
    if (lot(120) === 0 || step === steps - 1) {
      const difference = await comesBack(desk, follower);
      if (difference) run.unlike.push(`step ${step}: ${difference}`);
    }
  }
  return run;
}

/** A client that was away catches up, in one pull or two. @returns what is unlike a fresh load, or null */
export async function comesBack(desk: ChatDesk, follower: ChatFollower): Promise<string | null> {
  const { roomId } = follower;
  const { rooms } = await desk.query(desk.owner, new SyncQuery({ [roomId]: follower.cursor }));
  const fresh = await desk.query(
    desk.owner,
    new ListMessagesQuery(roomId, Object.assign(new ListQuery(), { limit: 100 })),
  );
  if (!follower.catchUp(rooms[roomId])) follower.load(fresh.data, rooms[roomId].lastSeq);
  const [kept, there] = [JSON.stringify(follower.newest()), JSON.stringify(fresh.data)];
  return kept === there ? null : `kept ${kept}\nthere ${there}`;
}
