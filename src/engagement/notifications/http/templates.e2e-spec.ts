import sharp from 'sharp';
import { newId } from '../../../kernel/ids/ids';
import { expectStatus } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, signUp, type Shop } from '../../../../test/support/shop';
import { uploaded } from '../../../../test/support/upload';

interface View {
  version: number | null;
  source: { subject: string };
  variables: string[];
}
interface Refusal {
  code: string;
  errors: { pointer: string; code: string; line?: number; column?: number }[];
}

describe('templates of organizations', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop((await server()).url, 'Letters');
  }, 120_000);

  const source = (more: object = {}) => ({
    subject: 'Paid: {{ number }}',
    text: 'Paid: {{ number }}',
    body: '<mj-text mj-class="title">Paid</mj-text>{% if total %}<mj-text>{{ total | money }}</mj-text>{% endif %}',
    ...more,
  });
  const save = (name: string, more: object = {}, rest: object = {}) =>
    shop.asOwner.post<View & Refusal>('/templates', { name, source: source(more), ...rest });
  const read = async (name: string, query = '') =>
    expectStatus(await shop.asOwner.get<View>(`/templates/${name}${query}`), 200);
  const preview = (name: string, body: object) =>
    shop.asOwner.post<{ subject: string; html: string; text: string } & Refusal>(`/templates/${name}/preview`, body);

  it('take the place of the product’s by version and language, and give it back', async () => {
    const name = 'order-confirmation';
    expect(await read(name)).toMatchObject({ version: null, source: { subject: 'Your order {{ number }}' } });
    expect(expectStatus(await save(name), 201)).toMatchObject({ version: 1 });
    expect(expectStatus(await save(name, { subject: 'Second {{ number }}' }), 201)).toMatchObject({ version: 2 });
    expect(expectStatus(await save(name, { subject: 'Pago: {{ number }}' }, { locale: 'pt' }), 201)).toMatchObject({
      version: 1,
    });
    const seen = expectStatus(await preview(name, {}), 200);
    expect([seen.subject, seen.html.includes('25.00 EUR'), seen.html.startsWith('<!doctype html>')]).toEqual([
      'Second 1001',
      true,
      true,
    ]);
    expect(expectStatus(await preview(name, { version: 1 }), 200).subject).toBe('Paid: 1001');
    expect(expectStatus(await preview(name, { locale: 'pt' }), 200).subject).toBe('Pago: 1001');
    expectStatus(await shop.asOwner.post(`/templates/${name}/activate`, { version: 1 }), 200);
    expect((await read(name)).version).toBe(1);
    expectStatus(await shop.asOwner.post(`/templates/${name}/activate`, { version: 9 }), 404);
    // A version that was put in use in the same moment by two is in use once.
    const both = await Promise.all([save(name), save(name)]);
    expect(both.map(({ status, body }) => [status, body.version]).sort()).toEqual([
      [201, 3],
      [201, 4],
    ]);
    expectStatus(await shop.asOwner.call('DELETE', `/templates/${name}`), 204);
    expectStatus(await shop.asOwner.call('DELETE', `/templates/${name}`), 404);
    expect((await read(name)).version).toBe(null);
    const { data } = expectStatus(
      await shop.asOwner.get<{ data: { version: number; active: boolean }[] }>(`/templates/${name}/versions?locale=`),
      200,
    );
    expect(data.map(({ version, active }) => [version, active])).toEqual([4, 3, 2, 1].map((n) => [n, false]));
  });

  it('are refused with code and place, and are compiled as MJML is', async () => {
    const wrong = async (more: object, name = 'order-confirmation', rest: object = {}) => {
      const { status, body } = await save(name, more, rest);
      return [status, body.code, ...(body.errors ?? []).map(({ pointer, code, line }) => `${pointer} ${code} ${line}`)];
    };
    const invalid = [400, 'notifications.template-invalid'];
    expect(await wrong({ body: '<mj-text>\n<script>x</script></mj-text>' })).toEqual([...invalid, '/body script 2']);
    expect(await wrong({ text: '{% for n in (1..9) %}{% endfor %}' })).toEqual([...invalid, '/text loop-unbounded 1']);
    expect(await wrong({ subject: '{{ nobody }}' })).toEqual([...invalid, '/subject variable-missing 1']);
    expect(await wrong({ body: '<mj-text>x</mj-text>\n<mj-button colour="red">x</mj-button>' })).toEqual([
      ...invalid,
      '/body mjml 2',
    ]);
    // What a letter is worth nothing without is in it.
    expect(await wrong({ subject: 'x', text: 'x', body: '<mj-text>x</mj-text>' }, 'one-time-code')).toEqual([
      ...invalid,
      '/text variable-unused undefined',
      '/body variable-unused undefined',
    ]);
    expect(
      (
        await wrong({ subject: 'x', text: 'x', body: '<mj-text>x</mj-text>' }, `t-${newId()}`, { category: 'security' })
      )[1],
    ).toBe('notifications.template-invalid');
    expect((await preview('order-confirmation', { source: source({ text: '{% frob %}' }) })).body.code).toBe(
      'notifications.template-invalid',
    );
    const endless = Array.from(
      { length: 250 },
      () => '{% for a in lines %}{% for b in lines %}x{% endfor %}{% endfor %}',
    ).join('');
    const lines = Array.from({ length: 300 }, () => ({ sku: 'x' }));
    const slow = await preview('order-confirmation', {
      source: source({ text: endless }),
      data: { number: '1', lines },
    });
    expect([slow.status, slow.body.code]).toEqual([400, 'notifications.template-not-rendered']);
    for (const none of ['none-such', 'No', '__proto__', 'constructor'])
      expect((await shop.asOwner.get(`/templates/${none}`)).status).toBe(404);
  });

  it('show pictures of the organization, with what they show in words', async () => {
    const picture = (more: string) => `<mj-text>x</mj-text>\n<mj-image ${more} />`;
    const address = 'https://cdn.example.com/hat.png?v=1&amp;w=2';
    const body = picture(`src="${address}" alt="Hat for {{ number }}" width="200px"`);
    const { html } = expectStatus(await preview('order-confirmation', { source: source({ body }) }), 200);
    const [shown] = /<img[^>]*hat\.png[^>]*>/.exec(html)!;
    expect([shown.includes(`src="${address}"`), shown.includes('alt="Hat for 1001"')]).toEqual([true, true]);
    expect(shown).toMatch(/width="200"/);
    // What is filled into the words is no markup.
    const data = { number: '"><script>x</script>' };
    const filled = expectStatus(await preview('order-confirmation', { source: source({ body }), data }), 200);
    expect(filled.html).not.toContain('<script>x');
    for (const [more, code] of [
      [`src="${address}"`, 'picture-alt'],
      ['src="https://cdn.example.com/{{ number }}.png" alt="x"', 'picture-address'],
    ]) {
      const refused = await save('order-confirmation', { body: picture(more) });
      expect([refused.status, ...refused.body.errors.map((error) => [error.code, error.line])]).toEqual([
        400,
        [code, 2],
      ]);
    }
  });

  it('show files of the organization as pictures, in previews and in the mailbox of development', async () => {
    const png = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#a33' } })
      .png()
      .toBuffer();
    const id = await uploaded(shop.asOwner, png, 'hat.png');
    const name = `t-${newId()}`;
    const body = `<mj-image src="file:${id}" alt="Hat of {{ who }}" />`;
    const own = { subject: 'Hat for {{ who }}', text: 'Hat', body };
    expectStatus(await save(name, own, { sample: { who: 'Sample' } }), 201);
    const shown = /<img\s+alt="Hat of Sample" src="data:image\/png;base64,/;
    expect(expectStatus(await preview(name, {}), 200).html).toMatch(shown);
    expectStatus(await shop.asOwner.post(`/templates/${name}/test`, {}), 202);
    const letter = await mailTo(shop.asGuest, shop.owner.user.email, /^Hat for Sample$/);
    expect(letter.html).toContain(`src="cid:${id}@mainstay"`);
    const list = await (await fetch(`${shop.url}/dev/mailbox?to=${encodeURIComponent(shop.owner.user.email)}`)).text();
    const [, at] = /href="(\/dev\/mailbox\/[0-9a-f-]{36})"[^>]*>(?:(?!href=)[^])*?Hat for Sample/.exec(list)!;
    const page = await (await fetch(`${shop.url}${at}`)).text();
    expect(page).toMatch(/src=&#34;data:image\/png;base64,/);
    const elsewhere = await openShop(shop.url, 'Elsewhere');
    const refused = await elsewhere.asOwner.post<Refusal>('/templates', { name, source: own, sample: { who: 'x' } });
    expect([refused.status, refused.body.code]).toEqual([404, 'notifications.picture-not-found']);
  });

  it('are all shown in development with invented data, in a list and one by one', async () => {
    const read = async (path: string): Promise<{ status: number; text: string }> => {
      const answer = await fetch(`${shop.url}/dev/mailbox/letters${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    const { status, text: list } = await read('');
    const names = [...list.matchAll(/href="\/dev\/mailbox\/letters\/([a-z-]+)"/g)].map(([, name]) => name);
    expect([status, new Set(names).size]).toEqual([200, names.length]);
    const { data } = expectStatus(await shop.asOwner.get<{ data: { name: string }[] }>('/templates'), 200);
    expect(data.map(({ name }) => name).filter((name) => !name.startsWith('t-') && !names.includes(name))).toEqual([]);
    expect(list).toContain(`The ${names.length} letters of the product`);
    for (const name of names) {
      const page = await read(`/${name}`);
      expect([name, page.status]).toEqual([name, 200]);
      // In a frame that may run nothing; nothing of the template is left, and nothing that it reads is missing.
      expect([name, /<iframe[^>]*sandbox="allow-popups[^"]*"/.test(page.text)]).toEqual([name, true]);
      expect([name, /\{\{|\{%|\bundefined\b|\[object/.exec(page.text)?.[0]]).toEqual([name, undefined]);
    }
    for (const none of ['no-such-letter', '__proto__', 'constructor'])
      expect([none, (await read(`/${none}`)).status]).toEqual([none, 404]);
  }, 60_000);

  it('of one’s own name notify people in their language, and are tried on oneself', async () => {
    const name = `t-${newId()}`;
    const own = { subject: 'Hi {{ who }}', text: 'Hi {{ who }}', body: '<mj-text>Hi {{ who }}</mj-text>' };
    expectStatus(await save(name, own, { sample: { who: 'Sample' }, category: 'campaigns' }), 201);
    expectStatus(
      await save(name, { ...own, subject: 'Olá {{ who }}' }, { sample: { who: 'Amostra' }, locale: 'pt' }),
      201,
    );
    const email = `ada-${newId().slice(-12)}@example.com`;
    const login = await signUp(shop.asGuest, { email, name: 'Ada' });
    const ada = shop.asGuest.as({ token: login.accessToken });
    expectStatus(await ada.call('PATCH', '/auth/profile', { locale: 'pt-PT' }), 200);
    const body = { userIds: [login.user.id], template: name, channels: ['email'] };
    const refused = await shop.asOwner.post<Refusal>('/notifications', { ...body, data: {} });
    expect([refused.body.code, refused.body.errors[0].pointer]).toEqual(['notifications.data-missing', '/data/who']);
    expectStatus(await shop.asOwner.post('/notifications', { ...body, data: { who: '<b>Ada</b>' } }), 201);
    const subjects = async (to: string) =>
      expectStatus(
        await ada.get<{ data: { subject: string; html: string }[] }>(`/dev/mailbox?to=${encodeURIComponent(to)}`),
        200,
      ).data;
    const letter = await eventually(async () =>
      (await subjects(email)).find(({ subject }) => subject === 'Olá <b>Ada</b>'),
    );
    expect(letter.html).toContain('Hi &lt;b&gt;Ada&lt;/b&gt;');
    expectStatus(await shop.asOwner.post(`/templates/${name}/test`, {}), 202);
    await eventually(async () =>
      (await subjects(shop.owner.user.email)).some(({ subject }) => subject === 'Hi Sample'),
    );
    expectStatus(await ada.get('/templates'), 403);
  });
});
