import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { newId } from '../ids/ids';
import { safeEqual, sha256, sha256Hex } from './hashing';
import { Keyring } from './keyring';
import { keyIdOf, openWith, SealError, sealWith } from './sealed';
import { newWebhookSecret, verifyWebhook, webhookHeaders } from './webhook-signature';

const place = { tenantId: newId(), table: 'customers.customers', column: 'email', rowId: newId() };

describe('hashing', () => {
  it('is SHA-256', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256('abc').toString('hex')).toBe(sha256Hex(Buffer.from('abc')));
  });

  it('compares secrets of any length', () => {
    expect(safeEqual('abc', Buffer.from('abc'))).toBe(true);
    expect(safeEqual('abc', 'abd')).toBe(false);
    expect(safeEqual('abc', 'abcd')).toBe(false);
  });
});

describe('keyring', () => {
  const ring = new Keyring(['new master key', 'old master key']);
  const old = new Keyring(['old master key']);

  it('derives a key per purpose, the same on every start', () => {
    expect(ring.derive('cursors')).toEqual(new Keyring(['new master key']).derive('cursors'));
    expect(ring.derive('cursors')).not.toEqual(ring.derive('tokens'));
    expect(ring.derive('cursors')).not.toEqual(old.derive('cursors'));
    expect(ring.derive('cursors', 64)).toHaveLength(64);
    expect(ring.derive('cursors').toString('latin1')).not.toContain('master');
  });

  it('signs for a purpose and verifies under former keys', () => {
    const mac = old.hmac('unsubscribe', 'text');
    expect(ring.verifyHmac('unsubscribe', 'text', mac)).toBe(true);
    expect(ring.verifyHmac('unsubscribe', 'texT', mac)).toBe(false);
    expect(ring.verifyHmac('another purpose', 'text', mac)).toBe(false);
    expect(old.verifyHmac('unsubscribe', 'text', ring.hmac('unsubscribe', 'text'))).toBe(false);
    expect(ring.hmac('a', 'b')).toEqual(createHmac('sha256', ring.derive('a')).update('b').digest());
  });

  it('opens what a former key sealed and says that it is stale', () => {
    const sealed = old.seal(place, 'secret');
    expect(ring.open(place, sealed).toString()).toBe('secret');
    expect(ring.isStale(sealed)).toBe(true);
    expect(ring.isStale(ring.seal(place, 'secret'))).toBe(false);
    expect(() => old.open(place, ring.seal(place, 'secret'))).toThrow(SealError);
  });

  it('needs a key', () => {
    expect(() => new Keyring([])).toThrow();
    expect(() => new Keyring([''])).toThrow();
  });
});

describe('sealed values', () => {
  const key = sha256('a key');

  it('have the documented form and never repeat', () => {
    const sealed = sealWith(key, '3', place, 'plain');
    expect(sealed).toMatch(/^v1\.3\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
    expect(sealed).not.toBe(sealWith(key, '3', place, 'plain'));
    expect(keyIdOf(sealed)).toBe('3');
  });

  it('open to what was sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(openWith(key, place, sealWith(key, '1', place, text)).toString()).toBe(Buffer.from(text).toString());
      }),
    );
  });

  it.each([
    ['tenant', { ...place, tenantId: newId() }],
    ['table', { ...place, table: 'customers.addresses' }],
    ['column', { ...place, column: 'phone' }],
    ['row', { ...place, rowId: newId() }],
  ])('do not open in another %s', (_, elsewhere) => {
    expect(() => openWith(key, elsewhere, sealWith(key, '1', place, 'plain'))).toThrow(SealError);
  });

  it('do not open with another key, another key id, or one changed character', () => {
    const sealed = sealWith(key, '1', place, 'plain');
    expect(() => openWith(sha256('other'), place, sealed)).toThrow(SealError);
    expect(() => openWith(key, place, sealed.replace('v1.1.', 'v1.2.'))).toThrow(SealError);
    for (let i = 0; i < sealed.length; i++) {
      // The last character of a base64url group carries unused bits, so another one may denote the same bytes.
      const parts = sealed.split('.');
      const changed = sealed.slice(0, i) + (sealed[i] === 'A' ? 'B' : 'A') + sealed.slice(i + 1);
      const same = changed
        .split('.')
        .every((part, n) => Buffer.from(part, 'base64url').equals(Buffer.from(parts[n], 'base64url')));
      if (!same || i < 2) expect(() => openWith(key, place, changed)).toThrow(SealError);
    }
  });

  it.each(['', 'plain text', 'v1.a.b.c.d', 'v2.1.AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA'])('refuse %j', (text) => {
    expect(() => openWith(key, place, text)).toThrow(SealError);
  });

  it('a place cannot be forged by moving the separator', () => {
    expect(() => sealWith(key, '1', { ...place, table: 'a|b' }, 'x')).toThrow();
  });
});

describe('webhook signatures', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' };
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  const headers = webhookHeaders(message, secret);
  const at = (seconds: number) => seconds * 1000;
  const verify = (
    changes: Record<string, string | undefined> = {},
    seconds = message.timestamp,
    body: string | Buffer = message.body,
  ) => verifyWebhook({ ...headers, ...changes }, body, [secret], at(seconds));

  it('are those of the reference', () => {
    expect(headers).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': signature,
    });
    expect(verify()).toBe('ok');
    expect(verify({}, message.timestamp, Buffer.from(message.body))).toBe('ok');
  });

  it('hold for five minutes in both directions', () => {
    expect(verify({}, message.timestamp + 300)).toBe('ok');
    expect(verify({}, message.timestamp + 301)).toBe('too-old');
    expect(verify({}, message.timestamp - 300)).toBe('ok');
    expect(verify({}, message.timestamp - 301)).toBe('too-new');
  });

  it('cover id, time and body', () => {
    expect(verify({ 'webhook-id': 'msg_other' })).toBe('mismatch');
    expect(verify({ 'webhook-timestamp': '1614265331' })).toBe('mismatch');
    expect(verify({}, message.timestamp, '{"test":2432232314}')).toBe('mismatch');
    expect(verifyWebhook(headers, message.body, [newWebhookSecret()], at(message.timestamp))).toBe('mismatch');
    expect(verifyWebhook(headers, message.body, [], at(message.timestamp))).toBe('mismatch');
  });

  it('may be several, of several secrets and versions', () => {
    const next = newWebhookSecret();
    const both = webhookHeaders(message, next, secret);
    for (const known of [next, secret])
      expect(verifyWebhook(both, message.body, [known], at(message.timestamp))).toBe('ok');
    expect(verify({ 'webhook-signature': `v1a,AAAA ${signature}` })).toBe('ok');
    expect(verify({ 'webhook-signature': `v2,${signature.slice(3)}` })).toBe('malformed');
    expect(verifyWebhook(headers, message.body, [next, secret], at(message.timestamp))).toBe('ok');
  });

  it.each([
    ['webhook-id', undefined],
    ['webhook-id', ''],
    ['webhook-timestamp', undefined],
    ['webhook-timestamp', 'yesterday'],
    ['webhook-timestamp', '-1'],
    ['webhook-signature', undefined],
    ['webhook-signature', ''],
  ])('are malformed with %s %j', (name, value) => {
    expect(verify({ [name]: value })).toBe('malformed');
  });

  it('refuse a secret that is no secret', () => {
    expect(() => webhookHeaders(message, 'whsec_AAAA')).toThrow();
    expect(newWebhookSecret()).toMatch(/^whsec_[\w+/]{43}=$/);
  });
});
