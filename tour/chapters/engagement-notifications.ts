import {
  countUnreadNotifications,
  forgotPassword,
  getNotificationBatch,
  getProfile,
  listNotifications,
  notify,
  previewTemplate,
  resetTemplate,
  savePreferences,
  saveTemplate,
  unwrap,
} from '../../sdk/src';
import { as, mailTo, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

/** The time of day in UTC, so many hours from now. */
const hoursFromNow = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);

/** People are told by the channels that they want, when they want it; a click ends what they do not want. */
export async function engagementNotifications(guide: Guide, url: string): Promise<void> {
  guide.chapter('Engagement: notifications');
  const email = `nina-${mark}@example.com`;
  const { client, userId } = await guide.step('somebody opens a shop', async () => {
    await signUp(url, { email, name: 'Nina Notified', organizationName: `News ${mark}` });
    const signedIn = as(url, await signIn(url, email));
    const { id } = unwrap(await getProfile({ client: signedIn }));
    return { client: signedIn, userId: id };
  });
  const tell = async (title: string): Promise<string> => {
    const data = { title, body: 'The new shop is open.', link: '/news' };
    return unwrap(await notify({ client, body: { userIds: [userId], template: 'notice', data } })).id;
  };
  const stateOf = async (id: string, channel: string): Promise<string | undefined> =>
    unwrap(await getNotificationBatch({ client, path: { id } })).messages.find((one) => one.channel === channel)?.state;

  await guide.step('a notice arrives by mail and in the inbox', async () => {
    await tell(`Opening ${mark}`);
    await mailTo(url, email, /^Opening/);
    const { data } = unwrap(await listNotifications({ client, query: { unread: true } }));
    same('title', data[0].title, `Opening ${mark}`);
    return `unread: ${unwrap(await countUnreadNotifications({ client })).unread}`;
  });
  await guide.step('in quiet hours mail waits, the inbox does not, and what is critical arrives at once', async () => {
    const quietHours = { mode: 'own' as const, from: hoursFromNow(-1), to: hoursFromNow(2) };
    unwrap(await savePreferences({ client, body: { quietHours, timeZone: 'Etc/UTC' } }));
    const id = await tell(`Whisper ${mark}`);
    same('mail', await stateOf(id, 'email'), 'queued');
    same('inbox', await stateOf(id, 'in_app'), 'delivered');
    unwrap(await forgotPassword({ client, body: { email } }));
    await mailTo(url, email, /new password/i);
    return `mail waits until ${quietHours.to} UTC`;
  });
  await guide.step('one click in a mail ends its kind, without signing in', async () => {
    unwrap(await savePreferences({ client, body: { quietHours: { mode: 'none' } } }));
    await tell(`Loud ${mark}`);
    const { text } = await mailTo(url, email, /^Loud/);
    const link = /\S+\/unsubscribe\/\S+/.exec(text)![0];
    const answer = await fetch(url + new URL(link).pathname, {
      method: 'POST',
      body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
    });
    same('status', answer.status, 200);
    const id = await tell(`Unheard ${mark}`);
    await until('No mail', async () => (await stateOf(id, 'email')) === 'suppressed');
    same('inbox', await stateOf(id, 'in_app'), 'delivered');
  });
  await guide.step('the shop writes a mail of its own; a script in it is refused with its place', async () => {
    const name = 'order-confirmation';
    const text = 'Your order {{ number }} is on our bench.';
    const write = (body: string) =>
      saveTemplate({ client, body: { name, source: { subject: 'On the bench: {{ number }}', text, body } } });
    const fault = await refused(write('<mj-text>Hello\n<script>alert(1)</script></mj-text>'));
    same('code', fault.code, 'notifications.template-invalid');
    unwrap(await write(`<mj-text mj-class="title">Thank you</mj-text><mj-text>${text}</mj-text>`));
    const { subject } = unwrap(await previewTemplate({ client, path: { templateName: name }, body: {} }));
    same('subject', subject, 'On the bench: 1001');
    unwrap(await resetTemplate({ client, path: { templateName: name } }));
  });
}
