import { CommandBus, QueryBus, type Command, type Query } from '@nestjs/cqrs';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import type { MemberRole } from '../../src/access/organizations/contracts/roles';
import { OpenRoomCommand, type NewRoom } from '../../src/engagement/chat/commands/open-room';
import { PostMessageCommand, type Draft } from '../../src/engagement/chat/commands/post-message';
import type { RoomEvent } from '../../src/engagement/chat/domain/message';
import { RoomEventsQuery, type RoomChanges } from '../../src/engagement/chat/queries/events';
import type { RoomDetails } from '../../src/engagement/chat/queries/rooms';
import { GUEST, SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../src/kernel/context/request-context';
import { newId } from '../../src/kernel/ids/ids';

/** What is asked of a running application. */
export interface Running {
  get<T>(token: abstract new (...args: never[]) => T): T;
  close(): Promise<void>;
}

/** An organization whose people chat. */
export interface ChatDesk {
  app: Running;
  tenantId: string;
  /** Its owner. */
  owner: string;
  /** A further member. */
  hire(role?: MemberRole): Promise<string>;
  command<T>(userId: string, command: Command<T>): Promise<T>;
  query<T>(userId: string, query: Query<T>): Promise<T>;
  open(userId: string, room: Partial<NewRoom> & { memberIds: string[] }): Promise<RoomDetails>;
  say(userId: string, roomId: string, body: string, more?: Partial<Draft>): Promise<RoomEvent>;
  /** The whole log, page by page. */
  log(userId: string, roomId: string): Promise<RoomEvent[]>;
  close(): Promise<void>;
}

/** The tenant and its owner: the same for several processes of one organization. */
export async function openOrganization(app: Running): Promise<{ tenantId: string; owner: string }> {
  const owner = newId();
  const command = new CreateOrganizationCommand({ name: `Chat ${newId().slice(-8)}`, ownerUserId: owner });
  const { id } = await asTenant(PLATFORM_TENANT, () => app.get(CommandBus).execute(command));
  return { tenantId: id, owner };
}

const asTenant = <T>(tenantId: string, work: () => Promise<T>, principal: Principal = SYSTEM): Promise<T> =>
  runInContext({ tenantId, principal, requestId: newId() }, work);

/** The people of an organization at one process. */
export function deskOf(app: Running, { tenantId, owner }: { tenantId: string; owner: string }): ChatDesk {
  const [commands, queries] = [app.get(CommandBus), app.get(QueryBus)];
  const as = <T>(userId: string, work: () => Promise<T>): Promise<T> =>
    asTenant(tenantId, work, { ...GUEST, kind: 'user', userId, tenantId });
  const command = <T>(userId: string, one: Command<T>): Promise<T> => as(userId, () => commands.execute(one));
  const query = <T>(userId: string, one: Query<T>): Promise<T> => as(userId, () => queries.execute(one));
  return {
    app,
    tenantId,
    owner,
    command,
    query,
    hire: async (role = 'staff') => {
      const userId = newId();
      await asTenant(tenantId, () => commands.execute(new AddMemberCommand({ tenantId, userId, role })));
      return userId;
    },
    open: (userId, { type = 'group', name = 'Room', topic = null, private: hidden = false, memberIds }) =>
      command(
        userId,
        new OpenRoomCommand({ type, memberIds, name: type === 'direct' ? null : name, topic, private: hidden }),
      ),
    say: (userId, roomId, body, more = {}) =>
      command(
        userId,
        new PostMessageCommand({
          roomId,
          body,
          clientMessageId: newId(),
          replyTo: null,
          mentions: [],
          fileIds: [],
          ...more,
        }),
      ),
    log: async (userId, roomId) => {
      const events: RoomEvent[] = [];
      for (;;) {
        const after = events.at(-1)?.seq ?? 0;
        const page: RoomChanges = await query(userId, new RoomEventsQuery(roomId, after, true));
        events.push(...page.events);
        if (events.length === 0 || events.at(-1)!.seq >= page.lastSeq) return events;
      }
    },
    close: () => app.close(),
  };
}
