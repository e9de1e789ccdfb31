import { execFileSync } from 'node:child_process';
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Config, ConfigError, formatFaults, loadConfig } from './config';
import { configurationPage, envExample } from './document';
import { nearest } from './nearest';
import type { Environment } from './read-settings';
import { SECTIONS, SETTINGS } from './settings';

const KEY = 'q3J8vX0bT5mR2nL7yW4kZ9cF6hD1sG8pA0eU3iO5tYw=';
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://mainstay_login:kT7xQw2m@db.internal:5432/mainstay',
  MAINSTAY_SECRET_KEY: KEY,
  MAINSTAY_PUBLIC_URL: 'https://api.acme-shop.net',
  MAINSTAY_TRUSTED_PROXIES: '10.0.0.0/8',
};

function faultsOf(env: Environment): ConfigError {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('Expected the configuration to be refused');
}
const names = (env: Environment) => faultsOf(env).faults.map((fault) => fault.name);

describe('configuration', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mainstay-config-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('needs nothing in development', () => {
    const config = loadConfig({});
    expect(config).toBeInstanceOf(Config);
    expect(config).toMatchObject({
      nodeEnv: 'development',
      port: 3000,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:3000',
      databaseUrl: null,
      embeddedDatabase: true,
      seed: true,
      rateLimit: 100_000,
      sandboxPayments: true,
      secureCookies: false,
      mailFrom: 'Mainstay <no-reply@localhost>',
      warnings: [],
    });
    expect(config.roles).toEqual(new Set(['api', 'realtime', 'worker']));
    expect(config.dataDir).toBe(join(process.cwd(), '.mainstay'));
  });

  it('reports everything that production lacks at once', () => {
    expect(names({ NODE_ENV: 'production' })).toEqual(['MAINSTAY_PUBLIC_URL', 'MAINSTAY_SECRET_KEY', 'DATABASE_URL']);
    const printed = formatFaults(faultsOf({ NODE_ENV: 'production', PORT: 'x' }).faults);
    expect(printed.split('\n')).toHaveLength(4);
    expect(printed).toContain('make one: openssl rand -base64 32');
    expect(printed).toContain('postgres://user:password@host:5432/database');
  });

  it('lets hashes of passwords be cheap in tests alone', () => {
    expect(names({ MAINSTAY_HASH_MEMORY_KIB: '19455' })).toEqual(['MAINSTAY_HASH_MEMORY_KIB']);
    expect(loadConfig({}).hashMemoryKib).toBe(19_456);
    expect(loadConfig({ NODE_ENV: 'test', MAINSTAY_HASH_MEMORY_KIB: '64' }).hashMemoryKib).toBe(64);
  });

  it('accepts a complete production environment', () => {
    const config = loadConfig(PRODUCTION);
    expect(config).toMatchObject({
      isProduction: true,
      host: '0.0.0.0',
      rateLimit: 600,
      rateLimitPrincipal: 3000,
      secureCookies: true,
      httpsRedirect: true,
      seed: false,
      embeddedDatabase: false,
      sandboxPayments: false,
      mailFrom: 'Mainstay <no-reply@api.acme-shop.net>',
      secretKey: KEY,
    });
  });

  it('collects faults of all settings, in the order of the schema', () => {
    expect(
      names({
        PORT: '70000',
        MAINSTAY_ROLES: 'api,chef',
        MAINSTAY_SEED: 'yes',
        MAINSTAY_TRUSTED_PROXIES: '10.0.0.0/33',
        MAINSTAY_CORS_ORIGINS: 'https://a.test/path',
        REDIS_URL: 'http://localhost',
        MAINSTAY_BODY_LIMIT_BYTES: '1e6',
        MAINSTAY_ADMIN_EMAIL: 'ops@acme.test',
      }),
    ).toEqual([
      'MAINSTAY_ROLES',
      'PORT',
      'MAINSTAY_TRUSTED_PROXIES',
      'MAINSTAY_CORS_ORIGINS',
      'MAINSTAY_BODY_LIMIT_BYTES',
      'MAINSTAY_ADMIN_PASSWORD',
      'MAINSTAY_SEED',
      'REDIS_URL',
    ]);
  });

  it('treats empty as unset and trims', () => {
    expect(loadConfig({ PORT: '', REDIS_URL: ' ', MAINSTAY_SEED: ' false ' })).toMatchObject({
      port: 3000,
      redisUrl: null,
      seed: false,
    });
  });

  it('reads lists', () => {
    const config = loadConfig({
      MAINSTAY_ROLES: 'api, worker',
      MAINSTAY_TRUSTED_PROXIES: '::1,10.0.0.0/8',
      MAINSTAY_CORS_ORIGINS: 'https://a.test/',
    });
    expect([...config.roles]).toEqual(['api', 'worker']);
    expect(config.trustedProxies).toEqual(['::1', '10.0.0.0/8']);
    expect(config.corsOrigins).toEqual(['https://a.test']);
  });

  it('lets no request go to a payment provider that is not listed', () => {
    const bases = (values: Record<string, string>) => {
      const { stripeApiBase, paypalApiBase, applePayApiBase } = loadConfig(values);
      return [stripeApiBase, paypalApiBase, applePayApiBase];
    };
    expect(bases({})).toEqual([null, null, null]);
    expect(bases({ STRIPE_API_BASE: 'http://127.0.0.1:1' })).toEqual(['http://127.0.0.1:1', null, null]);
    expect(bases({ MAINSTAY_PAYMENT_PROVIDERS: 'stripe, paypal,apple_pay' })).toEqual([
      'https://api.stripe.com',
      'usual',
      'usual',
    ]);
    expect(names({ MAINSTAY_PAYMENT_PROVIDERS: 'cash' })).toEqual(['MAINSTAY_PAYMENT_PROVIDERS']);
  });

  it.each([
    ['short', 'abc'],
    ['copied', 'change-me-change-me-change-me-change-me'],
    ['monotonous', 'abababababababababababababababababababab'],
  ])('refuses a %s key in production', (_, key) => {
    expect(names({ ...PRODUCTION, MAINSTAY_SECRET_KEY: key })).toEqual(['MAINSTAY_SECRET_KEY']);
    expect(loadConfig({ MAINSTAY_SECRET_KEY: key }).secretKey).toBe(key);
  });

  it('refuses the example passwords of addresses in production, but not short ones that the operator chose', () => {
    const example = SETTINGS.DATABASE_URL.example;
    expect(names({ ...PRODUCTION, DATABASE_URL: example })).toEqual(['DATABASE_URL']);
    expect(loadConfig({ ...PRODUCTION, SMTP_URL: 'smtp://user:k9@mail.acme.test' }).smtpUrl).toContain(
      'mail.acme.test',
    );
  });

  it('runs the embedded database in production only by the explicit switch', () => {
    const { DATABASE_URL: _, ...rest } = PRODUCTION;
    expect(names(rest)).toEqual(['DATABASE_URL']);
    expect(names({ ...rest, MAINSTAY_EMBEDDED_DATABASE: 'false' })).toEqual(['DATABASE_URL']);
    expect(loadConfig({ ...rest, MAINSTAY_EMBEDDED_DATABASE: 'true' }).embeddedDatabase).toBe(true);
    expect(names({ ...PRODUCTION, MAINSTAY_EMBEDDED_DATABASE: 'true' })).toEqual(['MAINSTAY_EMBEDDED_DATABASE']);
    expect(names({ MAINSTAY_EMBEDDED_DATABASE: 'false' })).toEqual(['DATABASE_URL']);
  });

  it('reads a secret from its file, and refuses both', () => {
    const file = join(folder, 'key');
    writeFileSync(file, `${KEY}\n`);
    const { MAINSTAY_SECRET_KEY: _, ...rest } = PRODUCTION;
    expect(loadConfig({ ...rest, MAINSTAY_SECRET_KEY_FILE: file }).secretKey).toBe(KEY);
    expect(faultsOf({ ...PRODUCTION, MAINSTAY_SECRET_KEY_FILE: file }).faults[0].problem).toContain('both set');
    expect(faultsOf({ ...rest, MAINSTAY_SECRET_KEY_FILE: join(folder, 'gone') }).faults).toMatchObject([
      { name: 'MAINSTAY_SECRET_KEY', problem: expect.stringContaining('ENOENT') },
    ]);
    writeFileSync(file, '\n');
    expect(faultsOf({ ...rest, MAINSTAY_SECRET_KEY_FILE: file }).faults).toHaveLength(1);
  });

  it('warns of unknown names with the nearest one', () => {
    expect(
      loadConfig({ MAINSTAY_PUBLC_URL: 'x', MAINSTAY_URL: 'http://localhost:1', MAINSTAY_PORT_FILE: 'x' }).warnings,
    ).toEqual([
      'MAINSTAY_PUBLC_URL is not a setting of Mainstay; did you mean MAINSTAY_PUBLIC_URL?',
      expect.stringContaining('MAINSTAY_PORT_FILE is not a setting'),
    ]);
    const tests = { MAINSTAY_TEST_CLUSTER: 'x', MAINSTAY_KILL_POINT: 'y' };
    expect(loadConfig(tests).warnings).toEqual([]);
    expect(loadConfig({ ...PRODUCTION, ...tests }).warnings).toHaveLength(2);
    expect(nearest('crusor', ['cursor', 'count'])).toBe('cursor');
    expect(nearest('zzzzzz', ['cursor', 'count'])).toBeNull();
  });

  it('warns of a public address without https in production', () => {
    expect(loadConfig({ ...PRODUCTION, MAINSTAY_PUBLIC_URL: 'http://api.acme-shop.net' }).warnings).toHaveLength(1);
    expect(loadConfig({ ...PRODUCTION, MAINSTAY_PUBLIC_URL: 'http://localhost:8080' }).warnings).toEqual([]);
  });

  it('warns of a redirect to https that no proxy can satisfy', () => {
    const of = (env: Environment): string[] => [...loadConfig({ ...PRODUCTION, ...env }).warnings];
    expect(of({ MAINSTAY_TRUSTED_PROXIES: '' })).toEqual([expect.stringContaining('MAINSTAY_TRUSTED_PROXIES')]);
    expect(of({ MAINSTAY_TRUSTED_PROXIES: '', MAINSTAY_HTTPS_REDIRECT: 'false' })).toEqual([]);
    expect(of({})).toEqual([]);
  });

  it('never shows a secret: not in faults, JSON or inspection', () => {
    const secrets = {
      DATABASE_URL: 'mysql://u:hunter2-canary@h/d',
      SMTP_URL: 'hunter2-canary',
      MAINSTAY_ADMIN_PASSWORD: 'hunter2-canary',
    };
    const error = faultsOf({ NODE_ENV: 'production', ...secrets });
    expect(formatFaults(error.faults) + error.stack + inspect(error, { depth: 9 })).not.toContain('canary');
    const config = loadConfig({
      ...PRODUCTION,
      REDIS_URL: 'redis://:canary7@h',
      MAINSTAY_METRICS_TOKEN: 'canary-4f9a8b7c6d5e',
    });
    for (const shown of [
      JSON.stringify(config),
      inspect(config),
      inspect({ config }),
      inspect(config.with({ port: 1 })),
    ]) {
      expect(shown).not.toMatch(/canary|kT7xQw2m/);
      expect(shown).not.toContain(KEY);
      expect(shown).toContain('[set]');
    }
  });

  it('makes a key once outside production and keeps it to itself', () => {
    const env = { MAINSTAY_DATA_DIR: join(folder, 'data') };
    const key = loadConfig(env).secretKey;
    expect(key.length).toBeGreaterThanOrEqual(44);
    expect(loadConfig(env).secretKey).toBe(key);
    expect(statSync(join(folder, 'data', 'secret.key')).mode & 0o777).toBe(0o600);
  });

  it('makes one key for two processes that start at once, and neither reads half of it', () => {
    const env = { MAINSTAY_DATA_DIR: join(folder, 'at-once') };
    const write = fs.writeFileSync;
    let other = 'none';
    const writing = jest.spyOn(fs, 'writeFileSync').mockImplementationOnce((file, key, options) => {
      // The other one comes while the file is there and its content is not.
      write(file, '', options);
      other = loadConfig(env).secretKey;
      write(file, key);
    });
    const key = loadConfig(env).secretKey;
    writing.mockRestore();
    expect(key.length).toBeGreaterThanOrEqual(44);
    expect(other).toBe(key);
    expect(readdirSync(env.MAINSTAY_DATA_DIR)).toEqual(['secret.key']);
  });

  it('is changed by copy only', () => {
    const config = loadConfig({ MAINSTAY_SECRET_KEY: KEY });
    const other = config.with({ databaseUrl: 'postgres://a@b/c', port: 4000 });
    expect(other).toBeInstanceOf(Config);
    expect([other.port, other.embeddedDatabase, other.secretKey, config.port]).toEqual([4000, true, KEY, 3000]);
  });

  it('documents are up to date (npm run config:docs)', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
    expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationPage());
    expect(Object.values(SECTIONS).every((name) => name in SETTINGS)).toBe(true);
  });

  it('the example file, uncommented, is a valid environment but for the examples of secrets', () => {
    const env = Object.fromEntries(
      [...envExample().matchAll(/^#([A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [
        name,
        value.replace(/^"|"$/g, ''),
      ]),
    );
    expect(Object.keys(env)).toEqual(Object.keys(SETTINGS));
    expect(names(env)).toEqual([
      'MAINSTAY_SECRET_KEY',
      'MAINSTAY_ADMIN_PASSWORD',
      'DATABASE_URL',
      'MAINSTAY_OWNER_DATABASE_URL',
      'MAINSTAY_EMBEDDED_DATABASE',
      'SMTP_URL',
      'TWILIO_AUTH_TOKEN',
      'SES_REGION',
      'SES_SECRET_ACCESS_KEY',
      'APNS_KEY',
      'VAPID_PRIVATE_KEY',
      'S3_SECRET_ACCESS_KEY',
      'AZURE_STORAGE_CONNECTION_STRING',
      'MQTT_URL',
    ]);
  });

  it('loads without Nest', () => {
    const script = `require('./tools/typescript.cjs'); require('./src/kernel/config/config.ts');
      const heavy = Object.keys(require.cache).filter((file) => /node_modules.(?!@swc|@types)/.test(file)); process.stdout.write(JSON.stringify(heavy));`;
    expect(JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))).toEqual([]);
  });
});
