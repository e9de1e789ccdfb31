import { clock } from '../../../src/kernel/clock/clock';
import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { uploaded } from '../../support/upload';
import type { Arrangement, Arrangements, World } from '../world';

/** The smallest picture there is. */
const DOT = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** A group of the shop’s owner and one of its people. @returns its id and the person's */
const group = async (world: World): Promise<{ id: string; userId: string }> => {
  const { user } = await world.customer(world.shop);
  const { asOwner } = world.shop;
  const body = { type: 'group', name: `Room ${newId().slice(-8)}`, memberIds: [user.id] };
  return { id: expectStatus(await asOwner.post<{ id: string }>('/chat/rooms', body), 201).id, userId: user.id };
};

const room = async (world: World): Promise<string> => (await group(world)).id;

/** A message that the owner wrote. */
const message = async (world: World): Promise<{ id: string; messageId: string }> => {
  const id = await room(world);
  const said = await world.shop.asOwner.post<{ messageId: string }>(`/chat/rooms/${id}/messages`, {
    clientMessageId: newId(),
    body: 'Hello',
  });
  return { id, messageId: expectStatus(said, 201).messageId };
};

const ofRoom: Arrangement = async (world) => ({ path: { id: await room(world) } });
const ofMessage: Arrangement = async (world) => ({ path: await message(world) });

/** A message of one of the shop’s people, in a room of its owner. */
const ofAnother = async (world: World): Promise<{ id: string; messageId: string; userId: string }> => {
  const { user, client } = await world.customer(world.shop);
  const body = { type: 'group', name: `Room ${newId().slice(-8)}`, memberIds: [user.id] };
  const { id } = expectStatus(await world.shop.asOwner.post<{ id: string }>('/chat/rooms', body), 201);
  const said = await client.post<{ messageId: string }>(`/chat/rooms/${id}/messages`, {
    clientMessageId: newId(),
    body: 'Hello',
  });
  return { id, messageId: expectStatus(said, 201).messageId, userId: user.id };
};

const rule = async ({ shop }: World): Promise<string> => {
  const body = { words: `word ${newId()}`, action: 'flag' };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/chat/word-rules', body), 201).id;
};

/** What the document shows, at a time to come. */
const tomorrow = (): string => new Date(clock.nowMs() + 86_400_000).toISOString();

const scheduled: Arrangement = async (world) => {
  const body = { clientMessageId: newId(), body: 'Later', at: tomorrow() };
  const made = await world.shop.asOwner.post<{ id: string }>(`/chat/rooms/${await room(world)}/scheduled`, body);
  return { path: { id: expectStatus(made, 201).id } };
};

const ofMember: Arrangement = async (world) => {
  const { id, userId } = await group(world);
  return { path: { id, memberId: userId } };
};

const arrangements: Arrangements = {
  getChatThread: ofMessage,
  setChatThreadRead: ofMessage,
  scheduleChatMessage: async (world) => ({
    path: { id: await room(world) },
    body: { clientMessageId: newId(), body: 'Good morning!', at: tomorrow() },
  }),
  changeChatScheduled: scheduled,
  cancelChatScheduled: scheduled,
  reportChatMessage: async (world) => {
    const { id, messageId } = await ofAnother(world);
    return { path: { id, messageId } };
  },
  decideChatReport: async (world) => {
    const { id, messageId } = await ofAnother(world);
    const made = await world.shop.asOwner.post<{ id: string }>(`/chat/rooms/${id}/messages/${messageId}/reports`, {
      reason: 'spam',
    });
    return { path: { id: expectStatus(made, 201).id } };
  },
  hideChatMessage: ofMessage,
  showChatMessage: ofMessage,
  muteChatRoomMember: ofMember,
  unmuteChatRoomMember: ofMember,
  listChatRoomBans: ofRoom,
  banFromChatRoom: ofMember,
  liftChatRoomBan: async (world) => {
    const { id, userId } = await group(world);
    expectStatus(await world.shop.asOwner.call('PUT', `/chat/rooms/${id}/bans/${userId}`, { minutes: 5 }), 200);
    return { path: { id, memberId: userId } };
  },
  changeChatWordRule: async (world) => ({ path: { id: await rule(world) } }),
  removeChatWordRule: async (world) => ({ path: { id: await rule(world) } }),
  getChatRoom: ofRoom,
  changeChatRoom: ofRoom,
  listChatRoomMembers: ofRoom,
  addChatRoomMembers: async (world) => {
    const [{ id }, { userId }] = [await group(world), await group(world)];
    return { path: { id }, body: { memberIds: [userId] } };
  },
  changeChatRoomMember: async (world) => {
    const { id, userId } = await group(world);
    return { path: { id, memberId: userId } };
  },
  removeChatRoomMember: async (world) => {
    const { id, userId } = await group(world);
    return { path: { id, memberId: userId } };
  },
  listChatRoomEvents: async (world) => ({ path: { id: await room(world) }, query: { after: '0' } }),
  setChatRoomRead: ofRoom,
  silenceChatRoom: ofRoom,
  getChatRoomFile: async (world) => {
    const { asOwner } = world.shop;
    const [id, fileId] = [await room(world), await uploaded(asOwner, DOT, 'dot.gif')];
    const body = { clientMessageId: newId(), body: 'See', fileIds: [fileId] };
    expectStatus(await asOwner.post(`/chat/rooms/${id}/messages`, body), 201);
    return { path: { id, fileId } };
  },
  exportChatRoom: ofRoom,
  getChatSeenBy: async (world) => ({ path: { id: await room(world) }, query: { seq: '1' } }),
  searchChat: () => ({ query: { q: 'blue' } }),
  // The other examples are sent to a shop in which messages can be searched.
  saveChatSettings: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  listChatMessages: ofRoom,
  postChatMessage: ofRoom,
  getChatMessage: ofMessage,
  editChatMessage: ofMessage,
  deleteChatMessage: ofMessage,
  getChatMessageHistory: ofMessage,
  addChatReaction: ofMessage,
  removeChatReaction: ofMessage,
  pinChatMessage: ofMessage,
  unpinChatMessage: ofMessage,
};
export default arrangements;
