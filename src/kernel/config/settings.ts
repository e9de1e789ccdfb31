import { isIP } from 'node:net';
import { boolean, choice, integer, list, matching, Refused, text, url, type Setting } from './setting';
import { ACCESS_SETTINGS } from './access-settings';
import { FILE_SETTINGS } from './file-settings';
import { MESSAGE_SETTINGS } from './message-settings';
import { MQTT_SETTINGS } from './mqtt-settings';
import { OPERATION_SETTINGS } from './operation-settings';
import { PAYMENT_SETTINGS } from './payment-settings';
import { ROUTING_SETTINGS } from './routing-settings';

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
    doc: 'Proxies whose X-Forwarded-* headers are believed. Without any, the peer address is the client and every request counts as plain http: behind a proxy that ends TLS name it, or all are redirected to https for ever.',
    default: [],
    example: '127.0.0.1,10.0.0.0/8',
  }),
  MAINSTAY_HTTPS_REDIRECT: boolean({
    doc: 'Redirect requests over plain http to the public URL, and refuse those that may carry secrets. That one came over https is told by a trusted proxy.',
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
      doc: 'Largest request body in bytes; larger ones are answered with 413. Batches of positions may have 2 MiB at any rate.',
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

  ...ACCESS_SETTINGS,

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
      doc: 'Redis 7 or Valkey. When set, queues, socket fan-out and rate limits use it; otherwise PostgreSQL does all of that.',
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

  ...PAYMENT_SETTINGS,

  ...FILE_SETTINGS,

  ...ROUTING_SETTINGS,

  ...MQTT_SETTINGS,

  MAINSTAY_UNPAID_ORDERS_LIMIT: integer(
    { min: 0, max: 1e6 },
    {
      doc: 'Unpaid orders, and as many carts, of one signed-in shopper, or of one address without a login, that may hold stock of a shop at once. 0 is no limit.',
      default: (mode) => (mode === 'production' ? 10 : 0),
      defaultDoc: '`0`; production `10`',
      example: '10',
    },
  ),

  ...OPERATION_SETTINGS,
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
