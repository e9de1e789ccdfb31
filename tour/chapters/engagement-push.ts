import {
  createCampaign,
  getCampaign,
  getPreferences,
  getProfile,
  listDeliveriesOfNotification,
  listDevMailbox,
  listNotificationDeliveries,
  listPushTokens,
  newIdempotencyKey,
  noteReceipts,
  notify,
  pauseCampaign,
  putPushToken,
  savePreferences,
  startCampaign,
  unwrap,
} from '../../sdk/src';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });

/** News reach a telephone or a mailbox, as their reader wants, and what became of them can be read. Without a push service configured, pushes end in the mailbox of development. */
export async function engagementPush(guide: Guide, url: string): Promise<void> {
  guide.chapter('Engagement: push, mail and campaigns');
  const email = `nora-${mark}@example.com`;
  const { nora, userId } = await guide.step('a person lets push messages reach her telephone', async () => {
    await signUp(url, { email, name: 'Nora News', organizationName: `News ${mark}` });
    const client = as(url, await signIn(url, email));
    const { id } = unwrap(await getProfile({ client }));
    const body = { provider: 'fcm' as const, platform: 'android' as const, deviceName: 'Nora’s telephone' };
    unwrap(await putPushToken({ client, body: { ...body, value: `tour-device-token-${mark}` } }));
    const { data } = unwrap(await listPushTokens({ client }));
    same(
      'devices',
      data.map(({ deviceName }) => deviceName),
      ['Nora’s telephone'],
    );
    return { nora: client, userId: id };
  });
  const { setup } = unwrap(await listPushTokens({ client: nora }));
  if (setup.providers.includes('fcm'))
    return guide.step(
      'a push service is configured here: nothing is sent to devices that do not exist',
      async () => undefined,
    );

  const arrived = async (to: string, subject: string) =>
    unwrap(await listDevMailbox({ client: nora, query: { to } })).data.filter((one) => one.subject?.includes(subject));
  const tell = async (title: string): Promise<void> => {
    const body = { userIds: [userId], template: 'notice', category: 'general', data: { title, body: 'Come and see.' } };
    unwrap(await notify({ client: nora, headers: keyed(), body }));
  };
  const prefer = async (wishes: Record<string, boolean>): Promise<void> => {
    const { response } = await getPreferences({ client: nora });
    const headers = { 'if-match': response?.headers.get('etag') ?? '' };
    unwrap(await savePreferences({ client: nora, headers, body: { categories: { general: wishes } } }));
  };

  await guide.step('she wants pushes and no mail: a push arrives, and no mail', async () => {
    await prefer({ email: false, push: true });
    await tell(`Open late ${mark}`);
    const [pushed] = await until('A push', async () => {
      const found = await arrived(userId, `Open late ${mark}`);
      return found.length > 0 && found;
    });
    same('channel', pushed.channel, 'push');
    same('mails', (await arrived(email, `Open late ${mark}`)).length, 0);
  });
  await guide.step('she wants mail and no pushes: a mail arrives, and no push', async () => {
    await prefer({ email: true, push: false });
    await tell(`Closed early ${mark}`);
    await until('A mail', async () => (await arrived(email, `Closed early ${mark}`)).length > 0);
    same('pushes', (await arrived(userId, `Closed early ${mark}`)).length, 0);
    await prefer({ email: true, push: true });
  });
  await guide.step(
    'a campaign reports how far it is: taken is not delivered, her app says when it was opened',
    async () => {
      const { id } = unwrap(
        await createCampaign({
          client: nora,
          headers: keyed(),
          body: {
            name: `Sale ${mark}`,
            audience: { roles: ['owner'] },
            template: 'notice',
            data: { title: `Autumn sale ${mark}`, body: 'A fifth off.' },
            channels: ['push'],
          },
        }),
      );
      unwrap(await startCampaign({ client: nora, path: { id }, headers: keyed() }));
      const sent = await until('A sent campaign', async () => {
        const found = unwrap(await getCampaign({ client: nora, path: { id } }));
        return found.messages.some(({ state }) => state === 'sent') && found;
      });
      same('messages', [sent.state, sent.recipients, sent.messages.length], ['done', 1, 1]);
      const { data } = unwrap(
        await listNotificationDeliveries({ client: nora, query: { channel: ['push'], limit: 1 } }),
      );
      const [{ id: messageId, notificationId }] = data;
      unwrap(await noteReceipts({ client: nora, body: { receipts: [{ messageId, state: 'opened' }] } }));
      const { data: after } = unwrap(
        await listDeliveriesOfNotification({ client: nora, path: { id: notificationId! } }),
      );
      same('delivery', after[0].state, 'opened');
      const problem = await refused(pauseCampaign({ client: nora, path: { id } }));
      same('problem', problem.code, 'notifications.campaign-state');
      return `${sent.recipients} person, 1 push ${sent.messages[0].state}`;
    },
  );
}
