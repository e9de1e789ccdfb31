import { newId } from '../../../kernel/ids/ids';
import { expectStatus, type TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { connect } from '../../../../test/support/realtime';
import { server } from '../../../../test/support/server';
import { openShop, signUp, type Shop } from '../../../../test/support/shop';

interface Item {
  id: string;
  title: string;
  readAt: string | null;
}

describe('notifications over HTTP', () => {
  let shop: Shop;
  let ada: TestClient;
  let adaId: string;
  let email: string;
  let token: string;
  beforeAll(async () => {
    shop = await openShop((await server()).url, 'Notify');
    email = `ada-${newId().slice(-12)}@example.com`;
    const login = await signUp(shop.asGuest, { email, name: 'Ada' });
    token = login.accessToken;
    ada = shop.asGuest.as({ token });
    adaId = login.user.id;
  }, 120_000);

  const notify = async (more: object = {}): Promise<{ id: string; recipients: number; messages: object[] }> =>
    expectStatus(
      await shop.asOwner.post('/notifications', {
        userIds: [adaId],
        template: 'notice',
        data: { title: `News ${newId()}`, body: 'Come and see.' },
        ...more,
      }),
      201,
    ) as never;
  const inbox = async (query = ''): Promise<Item[]> =>
    expectStatus(await ada.get<{ data: Item[] }>(`/notifications${query}`), 200).data;
  const letters = async (): Promise<{ subject: string; text: string; html: string }[]> =>
    expectStatus(
      await ada.get<{ data: { subject: string; text: string; html: string }[] }>(
        `/dev/mailbox?to=${encodeURIComponent(email)}`,
      ),
      200,
    ).data;

  it('come into the inbox and over the socket, and are read there', async () => {
    const socket = await connect(shop.url, token);
    const told: { event: string; payload: { title?: string; unread: number } }[] = [];
    socket.onAny((event: string, payload: { unread: number }) => told.push({ event, payload }));
    try {
      await notify({ data: { title: 'We moved', body: 'Come.', link: '/news' } });
      await eventually(() => told.some(({ event }) => event === 'notification.created'));
      expect(told[0]).toMatchObject({ event: 'notification.created', payload: { title: 'We moved', unread: 1 } });
      const [item] = await inbox('?unread=true');
      expect(item.title).toBe('We moved');
      expect(expectStatus(await ada.get('/notifications/unread'), 200)).toEqual({ unread: 1 });
      expectStatus(await ada.call('PATCH', `/notifications/${item.id}`, { read: true }), 200);
      await eventually(() =>
        told.some(({ event, payload }) => event === 'notification.unread' && payload.unread === 0),
      );
      expect(await inbox('?unread=true')).toEqual([]);
      expectStatus(await shop.asOwner.call('PATCH', `/notifications/${item.id}`, { read: false }), 404);
      expectStatus(await ada.call('PATCH', `/notifications/${item.id}`, { read: false, archived: true }), 200);
      expect(expectStatus(await ada.get('/notifications/unread'), 200)).toEqual({ unread: 0 });
    } finally {
      socket.close();
    }
  });

  it('go to a segment and can be called off while they wait', async () => {
    const batch = await notify({ userIds: undefined, segment: {}, channels: ['in_app'] });
    expect(batch).toMatchObject({
      state: 'done',
      recipients: 2,
      messages: [{ channel: 'in_app', state: 'delivered', count: 2 }],
    });
    const later = await notify({ at: '2040-01-01T12:00:00Z', channels: ['email'] });
    expect(later.messages).toEqual([{ channel: 'email', state: 'queued', suppressedFor: null, count: 1 }]);
    const off = expectStatus(
      await shop.asOwner.post<{ messages: object[] }>(`/notification-batches/${later.id}/cancel`, {}),
      200,
    );
    expect(off).toMatchObject({ state: 'cancelled', messages: [{ channel: 'email', state: 'dead', count: 1 }] });
  });

  it('refuse what nobody can mean', async () => {
    const stranger = { userIds: [newId()] };
    for (const [wrong, code] of [
      [stranger, 'notifications.recipients-unknown'],
      [{ segment: {} }, 'notifications.request-invalid'],
      [{ userIds: undefined }, 'notifications.request-invalid'],
      [{ category: 'security' }, 'notifications.request-invalid'],
      [{ template: 'none-such' }, 'notifications.template-not-found'],
      [{ localTime: '2026-02-30' }, 'request.invalid'],
      [{ localTime: '2026-02-30T09:00' }, 'notifications.local-time-unknown'],
      [{ data: undefined }, 'notifications.data-missing'],
    ] as const) {
      const answer = await shop.asOwner.post<{ code: string }>('/notifications', {
        userIds: [adaId],
        template: 'notice',
        data: {},
        ...wrong,
      });
      expect([answer.body.code, answer.status < 500]).toEqual([code, true]);
    }
    expectStatus(await ada.post('/notifications', { userIds: [adaId], template: 'notice', data: {} }), 403);
    const put = (body: object) => ada.call<{ code: string }>('PUT', '/preferences', body);
    for (const wrong of [
      { channels: { fax: true } },
      { channels: { email: 'no' } },
      { categories: { 'Not One': {} } },
      { categories: { chat: { email: null } } },
      { digests: { stock: 'yearly' } },
      { timeZone: 'Mars/Olympus' },
      { quietHours: { mode: 'own', from: '22:00', to: '22:00' } },
    ])
      expect([wrong, (await put(wrong)).body.code]).toEqual([wrong, 'notifications.preferences-invalid']);
    expect((await put({ quietHours: { mode: 'own', from: '25:00', to: '07:00' } })).status).toBe(400);
    expect(expectStatus(await ada.get('/preferences'), 200)).toMatchObject({ channels: {}, timeZone: null });
  });

  it('are stopped by one click, without a session, and only what may be', async () => {
    await notify({ data: { title: 'First', body: 'Come.' }, channels: ['email'] });
    const letter = await eventually(async () => (await letters()).find(({ subject }) => subject === 'First'));
    const url = /href="([^"]+\/unsubscribe\/[^"]+)"/.exec(letter.html)![1];
    const target = new URL(url).pathname;
    const page = await fetch(shop.url + target);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Nothing has changed yet')]);
    const form = new FormData();
    form.set('List-Unsubscribe', 'One-Click');
    // Both forms that RFC 8058 knows; asking again changes nothing.
    for (const body of [new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }), form])
      expect((await fetch(shop.url + target, { method: 'POST', body })).status).toBe(200);
    expect((await fetch(`${shop.url}${target.slice(0, -3)}abc`, { method: 'POST', body: form })).status).toBe(404);
    const saved = expectStatus(await ada.get<{ categories: object }>('/preferences'), 200);
    expect(saved.categories).toEqual({ general: { email: false } });
    const stopped = await notify({ channels: ['email'] });
    expect(stopped.messages).toEqual([
      { channel: 'email', state: 'suppressed', suppressedFor: 'preference', count: 1 },
    ]);
    // What is about the safety of the account has no such link.
    const [safety] = (await letters()).filter(({ subject }) => subject === 'Confirm your email address');
    expect(safety.html).not.toContain('/unsubscribe/');
  });

  it('are as somebody wants them, saved under the version that they read', async () => {
    const read = await ada.get('/preferences');
    const etag = read.headers.get('etag')!;
    const wanted = {
      digests: { stock: 'daily' },
      quietHours: { mode: 'own', from: '22:00', to: '07:00' },
      timeZone: 'Asia/Tokyo',
    };
    const put = (ifMatch: string) => ada.call('PUT', '/preferences', wanted, { headers: { 'if-match': ifMatch } });
    const saved = await put(etag);
    expect(expectStatus(saved, 200)).toMatchObject({
      ...wanted,
      effective: { timeZone: 'Asia/Tokyo', quietHours: { from: '22:00', to: '07:00' } },
    });
    expect((await put(etag)).status).toBe(412);
    const policy = { quietHours: { from: '23:00', to: '06:00' }, categories: { chat: { channels: { push: false } } } };
    expectStatus(await shop.asOwner.call('PUT', '/preferences/organization', policy), 200);
    expect(expectStatus(await shop.asOwner.get('/preferences'), 200)).toMatchObject({
      quietHours: { mode: 'organization' },
      effective: { quietHours: policy.quietHours },
    });
    expectStatus(await ada.get('/preferences/organization'), 403);
  });
});
