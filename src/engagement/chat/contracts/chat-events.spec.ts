import { MessagePosted } from './chat-events';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const ids = { roomId: '01900000-0000-7000-8000-000000000001', messageId: '01900000-0000-7000-8000-000000000002' };
  const posted = new MessagePosted(ids.messageId, { ...ids, authorId: ids.roomId, direct: true, mentions: [] });
  expect([posted.type, Object.keys(posted.payload).sort()]).toEqual([
    'chat.message-posted.v1',
    ['authorId', 'direct', 'mentions', 'messageId', 'roomId'],
  ]);
});
