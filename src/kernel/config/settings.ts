import { isIP } from 'node:net';
import { boolean, choice, integer, list, matching, Refused, secret, text, url, type Setting } from './setting';
import { FILE_SETTINGS } from './file-settings';
import { MESSAGE_SETTINGS } from './message-settings';
import { MQTT_SETTINGS } from './mqtt-settings';
import { ROUTING_SETTINGS } from './routing-settings';

const MAKE_KEY = 'openssl rand -base64 32';
const EMAIL = /^[^\s@<>]+@[^\s@<>]+$/;
const plain = { doc: '', example: '' };

const network: Setting<string> = {
  ...plain,
  expected: 'an address or network',
  parse(value) {
    const [address, bits, ...rest] = value.split('/');
    const version = isIP(address);
    const limit = version === 4 ? 32 : 128;
    const bitsFine = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= limit);
    if (!version || rest.length || !bitsFine) throw new Refused('holds something that is no address and no network');
    return value;
  },
};

/**
 * Every environment variable that Mainstay reads. `.env.example` and `docs/configuration.md` are generated from here
 * (`npm run config:docs`). A new setting is one entry here and one property of `Config`.
 */
export const SETTINGS = {
  NODE_ENV: choice(['development', 'production', 'test'], {
    doc: 'Mode. Production demands its settings, binds to all addresses and has no development tools.',
    default: 'development',
    example: 'production',
  }),
  MAINSTAY_ROLES: list(
    choice(['api', 'realtime', 'worker'], plain),
    'a comma separated list of `api`, `realtime`, `worker`',
    {
      doc: 'What this process does. Split the roles over processes to scale; by default one process does everything.',
      default: ['api', 'realtime', 'worker'],
      example: 'api,realtime',
    },
  ),

  PORT: integer(
    { min: 0, max: 65535 },
    {
      doc: 'TCP port of the API. 0 takes any free port.',
      default: 3000,
      example: '3000',
    },
  ),
  MAINSTAY_HOST: text('an IP address or host name of this machine', {
    doc: 'Address to listen on. Development listens on this machine only.',
    default: (mode) => (mode === 'production' ? '0.0.0.0' : '127.0.0.1'),
    defaultDoc: '`127.0.0.1`; production `0.0.0.0`',
    example: '0.0.0.0',
  }),
  MAINSTAY_PUBLIC_URL: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address under which people and providers reach Mainstay: links in mail, redirects, cookies and token issuer follow it.',
    defaultDoc: '`http://localhost:<PORT>`; none in production',
    production: 'required',
    origin: true,
    make: 'the address of your reverse proxy, as typed into a browser',
    example: 'https://shop.example.org',
  }),
  MAINSTAY_TRUSTED_PROXIES: list(network, 'a comma separated list of IP addresses and networks', {
    doc: 'Proxies whose X-Forwarded-* headers are believed. Without any, the peer address is the client.',
    default: [],
    example: '127.0.0.1,10.0.0.0/8',
  }),
  MAINSTAY_HTTPS_REDIRECT: boolean({
    doc: 'Redirect plain http requests that came through a trusted proxy to https.',
    defaultDoc: '`true` in production with an https public URL, else `false`',
    example: 'true',
  }),
  MAINSTAY_CORS_ORIGINS: list(
    url(['http', 'https'], '', { ...plain, origin: true }),
    'a comma separated list of origins',
    {
      doc: 'Other origins whose pages may call the API and open sockets. The public URL is always allowed.',
      default: [],
      example: 'https://admin.example.org,https://www.example.org',
    },
  ),
  MAINSTAY_RATE_LIMIT: integer(
    { min: 1, max: 1e9 },
    {
      doc: 'Requests per minute from one address without a login.',
      default: (mode) => (mode === 'production' ? 600 : 100_000),
      defaultDoc: '`100000`; production `600`',
      example: '600',
    },
  ),
  MAINSTAY_RATE_LIMIT_PRINCIPAL: integer(
    { min: 1, max: 1e9 },
    {
      doc: 'Requests per minute of one signed-in user or key.',
      defaultDoc: 'five times MAINSTAY_RATE_LIMIT',
      example: '3000',
    },
  ),
  MAINSTAY_SOCKETS_PER_USER: integer(
    { min: 1, max: 1e6 },
    {
      doc: 'Socket connections that one user may have open at a time, over all processes.',
      default: 20,
      example: '20',
    },
  ),
  MAINSTAY_SOCKETS_PER_ORGANIZATION: integer(
    { min: 1, max: 1e9 },
    {
      doc: 'Socket connections that one organization may have open at a time, over all processes.',
      defaultDoc: 'as many as there are',
      example: '10000',
    },
  ),
  MAINSTAY_BODY_LIMIT_BYTES: integer(
    { min: 1024, max: 1024 ** 3 },
    {
      doc: 'Largest request body in bytes; larger ones are answered with 413.',
      default: 1024 ** 2,
      example: '1048576',
    },
  ),
  MAINSTAY_UPLOAD_LIMIT_BYTES: integer(
    { min: 1024, max: 10 * 1024 ** 3 },
    {
      doc: 'Largest uploaded file (imports) in bytes.',
      default: 25 * 1024 ** 2,
      example: '26214400',
    },
  ),

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
      doc: 'Life of an access token in seconds.',
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

  DATABASE_URL: {
    ...url(['postgres', 'postgresql'], 'postgres://user:password@host:5432/database', {
      doc: 'PostgreSQL 15 or newer, as a role that is neither superuser nor owner nor BYPASSRLS. Unset in development: Mainstay starts its own PostgreSQL.',
      production: 'required',
      make: 'a login of its own, as deploy/postgres/10-mainstay.sh does it; or set MAINSTAY_EMBEDDED_DATABASE=true to let Mainstay run its own database',
      example: 'postgres://mainstay_login:CHANGE-ME@127.0.0.1:5432/mainstay',
    }),
    secret: true,
  } as Setting<string>,
  MAINSTAY_OWNER_DATABASE_URL: {
    ...url(['postgres', 'postgresql'], 'postgres://owner:password@host:5432/database', {
      doc: 'The same database as the role that owns the tables; used for migrations only.',
      make: 'the role that was used to create the database',
      example: 'postgres://mainstay_owner:CHANGE-ME@127.0.0.1:5432/mainstay',
    }),
    secret: true,
  } as Setting<string>,
  MAINSTAY_EMBEDDED_DATABASE: boolean({
    doc: 'Run the PostgreSQL that comes with Mainstay, in the data folder. Production only does so when this is true.',
    defaultDoc: '`true` outside production while DATABASE_URL is unset',
    example: 'true',
  }),
  MAINSTAY_DATABASE_POOL_SIZE: integer(
    { min: 2, max: 200 },
    {
      doc: 'Database connections of the application in one process.',
      default: 10,
      example: '10',
    },
  ),
  MAINSTAY_QUEUE_POOL_SIZE: integer(
    { min: 10, max: 200 },
    {
      doc: 'Database connections of the queues in one process (PostgreSQL queues only).',
      default: 12,
      example: '12',
    },
  ),
  MAINSTAY_STATEMENT_TIMEOUT_MS: integer(
    { min: 100, max: 3_600_000 },
    {
      doc: 'Longest time that one SQL statement of a request may take, in milliseconds.',
      default: 30_000,
      example: '30000',
    },
  ),
  MAINSTAY_DEFAULT_PLAN: choice(['free', 'basic', 'professional', 'enterprise'], {
    doc: 'Plan of new organizations. `enterprise` limits nothing; operators change an organization’s plan at any time.',
    default: 'enterprise',
    example: 'free',
  }),
  MAINSTAY_DNS_SERVERS: list(
    matching('an address with or without port', /^(?:[0-9.]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/, plain),
    'a comma separated list of addresses, IPv6 in brackets',
    {
      doc: 'Name servers that are asked whether a tenant’s own domain is proven. Without any, production asks those of the machine and development takes every domain for proven.',
      default: [],
      example: '9.9.9.9,[2620:fe::fe]:53',
    },
  ),
  MAINSTAY_SEED: boolean({
    doc: 'Fill an empty database with the demo tenant at start.',
    default: (mode) => mode === 'development',
    defaultDoc: '`true` in development, else `false`',
    example: 'false',
  }),
  MAINSTAY_DATA_DIR: text('a folder that the process may write to', {
    doc: 'Folder of the embedded database and of keys made on first start. Relative to the working directory.',
    default: '.mainstay',
    example: '/var/lib/mainstay',
  }),
  REDIS_URL: {
    ...url(['redis', 'rediss'], 'redis://host:6379 or rediss://user:password@host:6379', {
      doc: 'Redis 7 or Valkey. When set, queues, socket fan-out, rate limits and caches use it; otherwise PostgreSQL does all of that.',
      example: 'redis://127.0.0.1:6379',
    }),
    secret: true,
  } as Setting<string>,
  MAINSTAY_REDIS_PREFIX: matching('letters, digits, dash and underscore', /^[A-Za-z0-9_-]{1,40}$/, {
    doc: 'First part of every key in Redis, for several installations on one server.',
    default: 'mainstay',
    example: 'mainstay',
  }),

  ...MESSAGE_SETTINGS,

  MAINSTAY_PAYMENT_PROVIDERS: list(
    choice(['stripe', 'paypal', 'apple_pay'], plain),
    'a comma separated list of `stripe`, `paypal`, `apple_pay`',
    {
      doc: 'Payment providers that organizations may use with accounts of their own. No request goes to one that is not listed, whatever keys an organization saves.',
      default: [],
      defaultDoc: 'none; one whose `..._API_BASE` is set counts as listed',
      example: 'stripe,paypal',
    },
  ),
  STRIPE_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of the Stripe API, for a proxy or a double. Keys belong to the accounts of the organizations.',
    defaultDoc: '`https://api.stripe.com` where `MAINSTAY_PAYMENT_PROVIDERS` lists `stripe`',
    origin: true,
    example: 'https://api.stripe.com',
  }),
  PAYPAL_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of the PayPal API, for a proxy or a double.',
    defaultDoc:
      '`https://api-m.paypal.com`, for accounts in test mode `https://api-m.sandbox.paypal.com`, where `MAINSTAY_PAYMENT_PROVIDERS` lists `paypal`',
    origin: true,
    example: 'https://api-m.paypal.com',
  }),
  APPLE_PAY_API_BASE: url(['https'], 'an https:// URL without a path', {
    doc: 'The one address that merchant sessions of Apple Pay are asked for at, for a proxy or a double.',
    defaultDoc:
      'the gateways of Apple that a browser names, and no other, where `MAINSTAY_PAYMENT_PROVIDERS` lists `apple_pay`',
    origin: true,
    example: 'https://apple-pay-gateway.apple.com',
  }),
  APPLE_PAY_CA: secret('a certificate in PEM form', {
    doc: 'Who is trusted at APPLE_PAY_API_BASE instead of the usual authorities; best given as a file.',
    make: 'copied from whoever runs that address',
    example: '',
  }),
  MAINSTAY_GATEWAY_TIMEOUT_MS: integer(
    { min: 100, max: 80_000 },
    {
      doc: 'Milliseconds after which a call to a payment provider counts as unanswered; the payment is then checked later.',
      default: 15_000,
      example: '15000',
    },
  ),
  MAINSTAY_SANDBOX_PAYMENTS: boolean({
    doc: 'Offer the sandbox payment gateway, which moves no money.',
    default: (mode) => mode !== 'production',
    defaultDoc: '`true`; production `false`',
    example: 'false',
  }),

  ...FILE_SETTINGS,

  ...ROUTING_SETTINGS,

  ...MQTT_SETTINGS,

  MAINSTAY_UNPAID_ORDERS_LIMIT: integer(
    { min: 0, max: 1e6 },
    {
      doc: 'Unpaid orders of one signed-in shopper, or of one address without a login, that may hold stock of a shop at once. 0 is no limit.',
      default: (mode) => (mode === 'production' ? 10 : 0),
      defaultDoc: '`0`; production `10`',
      example: '10',
    },
  ),

  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    doc: 'Least severity that is logged.',
    default: (mode) => (mode === 'test' ? 'warn' : 'info'),
    defaultDoc: '`info`',
    example: 'info',
  }),
  MAINSTAY_AUDIT_HEADS_FILE: text('a path', {
    doc: 'File to which the signed heads of the audit trails are appended, one JSON line each. On storage that administrators of the database cannot write, it shows when a trail was set back as a whole.',
    defaultDoc: 'none',
    example: '/var/log/mainstay-heads/heads.jsonl',
  }),
  MAINSTAY_LOG_FILE: text('a path', {
    doc: 'Also write the log to this file, rotated daily.',
    example: '/var/log/mainstay/mainstay.log',
  }),
  MAINSTAY_LOG_KEEP_DAYS: integer(
    { min: 1, max: 3650 },
    {
      doc: 'Days for which rotated log files are kept.',
      default: 14,
      example: '14',
    },
  ),
  MAINSTAY_KEEP_MESSAGES_DAYS: integer(
    { min: 1, max: 3650 },
    {
      doc: 'Days for which the contents of sent messages are kept; that one was sent is known for 400 days. Links and codes are forgotten as soon as they are sent.',
      default: 30,
      example: '30',
    },
  ),
  MAINSTAY_KEEP_FRAUD_DAYS: integer(
    { min: 90, max: 3650 },
    {
      doc: 'Days for which it is kept how payments were judged, with addresses and devices of shoppers.',
      default: 540,
      example: '540',
    },
  ),
  MAINSTAY_KEEP_PROVIDER_EVENTS_DAYS: integer(
    { min: 7, max: 3650 },
    {
      doc: 'Days for which webhooks of payment providers are kept once they are worked off.',
      default: 90,
      example: '90',
    },
  ),
  MAINSTAY_KEEP_DEAD_DELIVERIES_DAYS: integer(
    { min: 1, max: 3650 },
    {
      doc: 'Days for which reactions and jobs that failed for good can be replayed.',
      default: 90,
      example: '90',
    },
  ),
  MAINSTAY_METRICS_TOKEN: secret('at least 16 characters', {
    doc: 'Bearer token with which a Prometheus server may read /metrics. Without one only operators may, outside development.',
    minLength: 16,
    make: 'openssl rand -hex 24',
    example: '',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http', 'https'], 'an http:// or https:// URL', {
    doc: 'OTLP/HTTP collector. Traces are made only when this is set.',
    example: 'http://127.0.0.1:4318',
  }),
  OTEL_SERVICE_NAME: text('a name', {
    doc: 'Name of this service in traces.',
    default: 'mainstay',
    example: 'mainstay',
  }),
  MAINSTAY_SHUTDOWN_SECONDS: integer(
    { min: 1, max: 600 },
    {
      doc: 'Seconds that requests and jobs get to finish after SIGTERM.',
      default: 10,
      example: '10',
    },
  ),
  MAINSTAY_JOB_LOCK_SECONDS: integer(
    { min: 1, max: 600 },
    {
      doc: 'Seconds without a sign of life after which the job of a worker is taken over by another.',
      default: 20,
      example: '20',
    },
  ),
  MAINSTAY_DISK_FREE_MIN_BYTES: integer(
    { min: 0, max: 1e15 },
    {
      doc: 'Readiness fails when the data folder has less free space than this, in bytes.',
      default: 100 * 1024 ** 2,
      example: '104857600',
    },
  ),
};

/** Headings of the documents, each with the first setting under it, in the order of the schema. */
export const SECTIONS: Record<string, SettingName> = {
  Process: 'NODE_ENV',
  'Network and limits': 'PORT',
  'Keys, sessions and the first operator': 'MAINSTAY_SECRET_KEY',
  'Database, data and Redis': 'DATABASE_URL',
  'Mail and payments': 'SMTP_URL',
  Files: 'MAINSTAY_FILE_STORAGE',
  'Routes of vehicles': 'OSRM_URL',
  Shops: 'MAINSTAY_UNPAID_ORDERS_LIMIT',
  'Logs, metrics and operation': 'LOG_LEVEL',
};

/** Read by the tools, not by the server: known, so that nobody is warned about them. */
export const TOOL_SETTINGS: Record<string, string> = {
  MAINSTAY_URL: 'Address of the running server for the tour and the command line.',
};

/** Switches of the tests, without effect in production; nobody is warned about them elsewhere. */
export const TEST_SETTINGS = /^MAINSTAY_(TEST_[A-Z_]+|KILL_POINT)$/;

export type SettingName = keyof typeof SETTINGS;
export type SettingValues = { [N in SettingName]?: ReturnType<(typeof SETTINGS)[N]['parse']> };
