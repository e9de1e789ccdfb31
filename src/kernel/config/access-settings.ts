import { integer, list, matching, secret, text, url, type Setting } from './setting';

const MAKE_KEY = 'openssl rand -base64 32';
const EMAIL = /^[^\s@<>]+@[^\s@<>]+$/;
const plain = { doc: '', example: '' };

/** Keys, sessions, passkeys, and the first operator. */
export const ACCESS_SETTINGS = {
  MAINSTAY_SECRET_KEY: secret('at least 32 characters of random text', {
    doc: 'Master key: data encryption, signatures and token keys are derived from it. Keep a copy outside the machine; data encrypted under a lost key is lost.',
    defaultDoc: 'made once and kept in the data folder; none in production',
    production: 'required',
    minLength: 32,
    make: MAKE_KEY,
    example: '',
  }),
  MAINSTAY_PREVIOUS_SECRET_KEYS: {
    ...list(text('', plain), 'a comma separated list of former master keys', {
      doc: 'Former values of MAINSTAY_SECRET_KEY, newest first, while data is being re-wrapped after a rotation. They only open, never seal.',
      default: [],
      make: 'the value that MAINSTAY_SECRET_KEY had before',
      example: '',
    }),
    secret: true,
    minLength: 32,
  } as Setting<string[]>,
  MAINSTAY_ACCESS_TOKEN_SECONDS: integer(
    { min: 30, max: 86_400 },
    {
      doc: 'Life of an access token in seconds; never longer than the level of the session allows: 600, or 300 with a passkey or key (level 3).',
      default: 600,
      example: '600',
    },
  ),
  MAINSTAY_SIGNING_KEY_DAYS: integer(
    { min: 1, max: 3_650 },
    {
      doc: 'Days after which the next key signs access tokens. It stands in /.well-known/jwks.json long before.',
      default: 30,
      example: '30',
    },
  ),
  MAINSTAY_REFRESH_TOKEN_SECONDS: integer(
    { min: 300, max: 31_536_000 },
    {
      doc: 'Seconds without use after which a session ends.',
      default: 2_592_000,
      example: '2592000',
    },
  ),
  MAINSTAY_STEP_UP_SECONDS: integer(
    { min: 0, max: 604_800 },
    {
      doc: 'Seconds after a sign-in in which no sensitive route asks for a fresh proof, where the route itself allows less. Development is spared the questions.',
      default: (mode) => (mode === 'development' ? 43_200 : 0),
      defaultDoc: '`43200` in development, else `0`',
      example: '0',
    },
  ),
  MAINSTAY_PASSKEY_RP_ID: matching(
    'a host name',
    /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    {
      doc: 'Host name that passkeys are made for; they work on it and beneath it. Another one makes former passkeys useless.',
      defaultDoc: 'the host of the public URL',
      example: 'example.org',
    },
  ),
  MAINSTAY_PASSKEY_ORIGINS: list(
    url(['http', 'https'], '', { ...plain, origin: true }),
    'a comma separated list of origins',
    {
      doc: 'Further origins whose pages may use passkeys, beneath the host name of MAINSTAY_PASSKEY_RP_ID. The public URL always may.',
      default: [],
      example: 'https://admin.example.org',
    },
  ),
  MAINSTAY_ANDROID_APPS: list(
    matching('', /^[A-Za-z][\w.]*=(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/, plain),
    'a comma separated list of `package=SHA-256 fingerprint`',
    {
      doc: 'Android apps that may use passkeys, each with the SHA-256 fingerprint of its signing certificate. Published in /.well-known/assetlinks.json.',
      default: [],
      example:
        'org.example.shop=14:6D:E9:83:C5:73:06:50:D8:EE:B9:95:2F:34:FC:64:16:A0:83:42:E6:1D:BE:A8:8A:04:96:B2:3F:CF:44:E5',
    },
  ),
  MAINSTAY_IOS_APPS: list(
    matching('', /^[A-Z0-9]{10}\.[A-Za-z0-9.-]+$/, plain),
    'a comma separated list of `TEAMID.bundle.id`',
    {
      doc: 'iOS apps that may use passkeys. Published in /.well-known/apple-app-site-association.',
      default: [],
      example: 'ABCDE12345.org.example.shop',
    },
  ),
  MAINSTAY_HASH_MEMORY_KIB: integer(
    { min: 64, max: 1_048_576 },
    {
      doc: 'Memory of one password hash (argon2id, two passes) in KiB. A hash of another size is made anew at the next login. At least 19456, as OWASP advises, but in tests.',
      default: 19_456,
      example: '47104',
    },
  ),
  MAINSTAY_HASH_CONCURRENCY: integer(
    { min: 1, max: 64 },
    {
      doc: 'Password hashes computed at once; further logins wait in a bounded queue.',
      default: 2,
      example: '4',
    },
  ),
  MAINSTAY_ADMIN_EMAIL: matching('an e-mail address', EMAIL, {
    doc: 'E-mail address of the first operator, made at the first start. Goes with MAINSTAY_ADMIN_PASSWORD.',
    example: 'ops@example.org',
  }),
  MAINSTAY_ADMIN_PASSWORD: secret('at least 12 characters', {
    doc: 'Password of the first operator. Read at the first start only; change it afterwards in the product.',
    minLength: 12,
    make: 'openssl rand -base64 18',
    example: '',
  }),
};
