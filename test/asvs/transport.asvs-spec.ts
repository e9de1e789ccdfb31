import { PASSWORD } from '../support/shop';
import { installation, type Installation } from './world';

const OPERATOR = { email: 'board@example.org', password: PASSWORD };

describe('behind https', () => {
  let here: Installation;
  beforeAll(async () => {
    here = await installation(1, {
      MAINSTAY_PUBLIC_URL: 'https://shop.example.org',
      MAINSTAY_HTTPS_REDIRECT: 'false',
      MAINSTAY_ADMIN_EMAIL: OPERATOR.email,
      MAINSTAY_ADMIN_PASSWORD: OPERATOR.password,
    });
  }, 120_000);
  afterAll(() => here.stop());

  it('says HSTS for a year and all names below', async () => {
    for (const path of ['/api/v1/products', '/nothing-here', '/']) {
      const field =
        (await fetch(here.servers[0].url + path, { redirect: 'manual' })).headers.get('strict-transport-security') ??
        '';
      expect([path, Number(/max-age=(\d+)/.exec(field)?.[1]) >= 31_536_000, /includeSubDomains/.test(field)]).toEqual([
        path,
        true,
        true,
      ]);
    }
  });

  it('gives cookies that no script, no plain http and no other site gets', async () => {
    const form = { origin: 'https://shop.example.org', 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(`${here.servers[0].url}/queues/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: form,
      body: new URLSearchParams(OPERATOR).toString(),
    });
    expect(answer.status).toBe(303);
    const cookies = answer.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__(?:Host|Secure)-/);
      expect(cookie).toMatch(/; *Secure/i);
      expect(cookie).toMatch(/; *HttpOnly/i);
      expect(cookie).toMatch(/; *SameSite=(?:Lax|Strict)/i);
      if (cookie.startsWith('__Host-')) expect(cookie).toMatch(/; *Path=\/(?:;|$)/i);
      expect(cookie).not.toMatch(/; *Domain=/i);
    }
  });
});
