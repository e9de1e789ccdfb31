import { expectStatus, TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, type Shop } from '../../../../test/support/shop';
import { newId } from '../../../kernel/ids/ids';

const address = (): string => `guest-${newId().slice(-10)}@example.com`;

describe('settings and branding of an organization', () => {
  let url: string;
  let anyone: TestClient;
  let shop: Shop;

  beforeAll(async () => {
    ({ url } = await server());
    anyone = new TestClient(url);
    shop = await openShop(url, 'Branded');
  });

  const invite = async (email: string, by = shop.asOwner): Promise<void> =>
    void expectStatus(await by.post('/invitations', { email, role: 'staff' }), 201);

  it('are typed, canonical and merged', async () => {
    const settings = {
      locale: 'DE-at',
      currency: 'EUR',
      timeZone: 'Europe/Vienna',
      corsOrigins: ['https://A.example/'],
    };
    const changed = await shop.asOwner.call('PATCH', '/organizations/current', { settings });
    expect(expectStatus(changed, 200).settings).toEqual({
      locale: 'de-AT',
      currency: 'EUR',
      timeZone: 'Europe/Vienna',
      corsOrigins: ['https://a.example'],
    });
    const next = await shop.asOwner.call('PATCH', '/organizations/current', {
      settings: { locale: null, features: { fleet: false } },
    });
    expect(expectStatus(next, 200).settings).toMatchObject({ currency: 'EUR', features: { fleet: false } });
    expect(expectStatus(next, 200).settings).not.toHaveProperty('locale');
  });

  it.each([
    [{ settings: { currency: 'EURO' } }],
    [{ settings: { locale: 'not a locale' } }],
    [{ settings: { timeZone: '+02:00' } }],
    [{ settings: { timeZone: 'Mars/Olympus' } }],
    [{ settings: { corsOrigins: ['*'] } }],
    [{ settings: { corsOrigins: ['https://a.example/path'] } }],
    [{ settings: { corsOrigins: 'https://a.example' } }],
    [{ settings: { corsOrigins: [null] } }],
    [{ settings: { features: { teleport: true } } }],
    [{ settings: { theme: 'dark' } }],
    [{ settings: [] }],
    [{ settings: { contact: { website: 'javascript:alert(1)' } } }],
    [{ name: 7 }],
  ])('are refused as %j', async (body) => {
    expect((await shop.asOwner.call('PATCH', '/organizations/current', body)).status).toBe(400);
  });

  it('show in the shop’s mails, with a hint about what is hard to read', async () => {
    const changed = await shop.asOwner.call<{ colors: { hint: string | null }[] }>('PATCH', '/branding', {
      primaryColor: '#FD0',
      senderName: 'Tea by Sea',
      replyTo: 'hello@tea.example',
      logoUrl: 'https://cdn.tea.example/logo.png',
    });
    const shown = expectStatus(changed, 200);
    expect(shown).toMatchObject({ primaryColor: '#ffdd00', textColor: '#000000', senderName: 'Tea by Sea' });
    expect(shown.colors[0].hint).toContain('WCAG');
    const email = address();
    await invite(email);
    const letter = await mailTo(anyone, email);
    expect(letter.html).toContain('background:#ffdd00;color:#000000');
    expect(letter.html).toContain('https://cdn.tea.example/logo.png');
    expect(letter.html).toContain('Sent by Tea by Sea');
  });

  it.each([
    [{ primaryColor: 'red' }],
    [{ primaryColor: '#ffdd00;} body{display:none' }],
    [{ logoUrl: 'http://plain.example/x.png' }],
    [{ logoUrl: 'javascript:alert(1)' }],
    [{ senderName: 'A\r\nBcc: b@example.com' }],
    [{ senderName: ' ' }],
    [{ replyTo: 'nobody' }],
    [{ colour: '#fff' }],
  ])('of mails are refused as %j', async (body) => {
    expect((await shop.asOwner.call('PATCH', '/branding', body)).status).toBe(400);
  });

  it('have a domain of their own: proven, it leads to the shop, and mails link there', async () => {
    const place = await openShop(url, 'White label');
    const host = `shop-${newId().slice(-8)}.example.com`;
    const claimed = await place.asOwner.post<{ id: string; proof: { name: string } }>('/branding/domains', {
      host: host.toUpperCase(),
    });
    const { id, proof } = expectStatus(claimed, 201);
    expect(proof.name).toBe(`_mainstay.${host}`);
    expect((await place.asOwner.post('/branding/domains', { host })).status).toBe(409);
    await eventually(async () => {
      const { body } = await place.asOwner.get<{ data: { status: string }[] }>('/branding/domains');
      return body.data[0].status === 'verified' || undefined;
    });
    const { hostname, port } = new URL(url);
    const byHost = async (path: string): Promise<{ status: number; body: { slug?: string } }> => {
      const { request } = await import('node:http');
      return new Promise((resolve, reject) => {
        const asked = request({ hostname, port, path, headers: { host } }, (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text) as object }));
        });
        asked.on('error', reject).end();
      });
    };
    expect(await byHost('/api/v1/branding')).toMatchObject({ status: 200, body: { slug: place.slug } });
    const rival = await openShop(url, 'Rival');
    expect((await rival.asOwner.post('/branding/domains', { host })).status).toBe(409);
    const email = address();
    await invite(email, place.asOwner);
    expect((await mailTo(anyone, email)).text).toContain(`http://${host}:`);
    expectStatus(await place.asOwner.call('DELETE', `/branding/domains/${id}`), 204);
    expect((await byHost('/api/v1/branding')).status).toBe(400);
  });

  it.each([
    'localhost',
    '127.0.0.1',
    'a',
    'http://x.example',
    'x.example/path',
    'x.example:80',
    '*.example',
    '',
    'a..b',
  ])('have no domain %j', async (host) => {
    expect((await shop.asOwner.post('/branding/domains', { host })).status).toBe(400);
  });
});
