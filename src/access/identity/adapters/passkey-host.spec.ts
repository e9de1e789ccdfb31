import { loadConfig } from '../../../kernel/config/config';
import { runInContext } from '../../../kernel/context/request-context';
import { PasskeyHost } from './passkey-host';

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0').toUpperCase()).join(':');
const host = (env: Record<string, string> = {}): PasskeyHost =>
  new PasskeyHost(
    loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: 'postgres://u@127.0.0.1/d',
      MAINSTAY_PUBLIC_URL: 'https://shop.example.org',
      ...env,
    }),
  );

describe('passkeys belong', () => {
  it('to the public address, and to origins and apps of the settings', () => {
    expect(host().current()).toEqual({
      id: 'shop.example.org',
      name: 'Mainstay',
      origins: ['https://shop.example.org'],
    });
    const wide = host({
      MAINSTAY_PASSKEY_RP_ID: 'example.org',
      MAINSTAY_PASSKEY_ORIGINS: 'https://admin.example.org',
      MAINSTAY_ANDROID_APPS: `org.example.shop=${FINGERPRINT}`,
    });
    expect(wide.current()).toMatchObject({
      id: 'example.org',
      origins: [
        'https://shop.example.org',
        'https://admin.example.org',
        'android:apk-key-hash:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
      ],
    });
  });

  it('to the domain of an organization where the request came by it', () => {
    const { id, origins } = runInContext({ domain: 'wares.example.net' }, () => host().current());
    expect([id, origins]).toEqual(['wares.example.net', ['https://wares.example.net']]);
  });
});
