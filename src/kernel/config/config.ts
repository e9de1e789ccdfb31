import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { readSettings, type Environment, type Fault, type Reading } from './read-settings';
import { pushAndMail, type Providers } from './providers';
import type { Mode } from './setting';
import { crossFaults, oddities } from './setting-rules';
import { SETTINGS, type SettingValues } from './settings';

export type { Fault } from './read-settings';
export type Role = 'api' | 'realtime' | 'worker';

/** Everything that is wrong with the environment, at once. The caller prints `formatFaults` and exits with 78. */
export class ConfigError extends Error {
  constructor(
    readonly faults: Fault[],
    readonly warnings: string[] = [],
  ) {
    super(`Configuration: ${faults.length} fault${faults.length === 1 ? '' : 's'}`);
    this.name = 'ConfigError';
  }
}

/** Exit code for a wrong configuration (EX_CONFIG of sysexits.h). */
export const EXIT_CONFIG = 78;

/** Stands for a provider's own addresses, of which there are several. */
export const USUAL_ADDRESS = 'usual';

/** `1 setting is wrong`, `3 settings are wrong`. */
export const countOfFaults = (faults: Fault[]): string =>
  faults.length === 1 ? '1 setting is wrong' : `${faults.length} settings are wrong`;

/** One line a fault: name, what is wrong, expected form, how to make one. Values are never shown. */
export function formatFaults(faults: readonly Fault[]): string {
  const width = Math.max(...faults.map((fault) => fault.name.length));
  return faults
    .map((fault) => {
      const make = fault.make ? `; make one: ${fault.make}` : '';
      return `${fault.name.padEnd(width)}  ${fault.problem}; expected ${fault.expected}${make}`;
    })
    .join('\n');
}

/** Properties that never appear in logs, inspection or JSON. */
const SECRET_PROPERTIES: readonly string[] = [
  'databaseUrl',
  'ownerDatabaseUrl',
  'redisUrl',
  'smtpUrl',
  'mqtt',
  'secretKey',
  'previousSecretKeys',
  'adminPassword',
  'metricsToken',
  'twilio',
  's3',
  'azureBlob',
  'sendgrid',
  'ses',
  'fcm',
  'apns',
  'webPush',
];

/**
 * The validated environment; also the injection token. Absent optional settings are `null`. Times, sizes and counts
 * carry their unit in the name (rates are per minute).
 */
export class Config {
  readonly nodeEnv: Mode;
  readonly isProduction: boolean;
  readonly isDevelopment: boolean;
  readonly isTest: boolean;
  readonly roles: ReadonlySet<Role>;

  readonly port: number;
  readonly host: string;
  /** Protocol, host and port without a trailing slash. */
  readonly publicUrl: string;
  /** Cookies get `Secure` when the public URL is https. */
  readonly secureCookies: boolean;
  readonly trustedProxies: readonly string[];
  readonly httpsRedirect: boolean;
  readonly corsOrigins: readonly string[];
  /** Requests per minute of one address without a login. */
  readonly rateLimit: number;
  /** Requests per minute of one principal. */
  readonly rateLimitPrincipal: number;
  readonly socketsPerUser: number;
  readonly socketsPerTenant: number | null;
  readonly bodyLimitBytes: number;
  readonly uploadLimitBytes: number;

  /** Former master keys, newest first; they open and verify, never seal. */
  readonly previousSecretKeys: readonly string[];
  readonly accessTokenSeconds: number;
  /** After which the next key signs. */
  readonly signingKeyDays: number;
  readonly refreshTokenSeconds: number;
  /** Least age of a proof, in seconds, that sensitive routes accept. */
  readonly stepUpSeconds: number;
  /** Host name that passkeys belong to. */
  readonly passkeyRpId: string;
  /** Origins besides the public URL's whose pages may use passkeys. */
  readonly passkeyOrigins: readonly string[];
  readonly androidApps: readonly { packageName: string; fingerprint: string }[];
  /** `TEAMID.bundle.id` each. */
  readonly iosApps: readonly string[];
  readonly hashConcurrency: number;
  readonly hashMemoryKib: number;
  readonly adminEmail: string | null;
  readonly adminPassword: string | null;

  /** Null while the embedded database has not been started (then filled in by `with`). */
  readonly databaseUrl: string | null;
  readonly ownerDatabaseUrl: string | null;
  readonly embeddedDatabase: boolean;
  readonly databasePoolSize: number;
  readonly queuePoolSize: number;
  readonly statementTimeoutMs: number;
  /** Plan of new organizations. */
  readonly defaultPlan: 'free' | 'basic' | 'professional' | 'enterprise';
  /** Name servers for proofs of tenants' domains; empty: see the settings. */
  readonly dnsServers: readonly string[];
  readonly seed: boolean;
  /** Absolute path. */
  readonly dataDir: string;
  readonly redisUrl: string | null;
  readonly redisPrefix: string;

  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  /** Null: as many as there are. */
  readonly mailsPerMinute: number | null;
  readonly textsPerMinute: number | null;
  /** Twilio's account for text messages; null without one. */
  readonly twilio: { accountSid: string; authToken: string; from: string; apiBase: string } | null;
  readonly sendgrid: Providers['sendgrid'];
  readonly ses: Providers['ses'];
  readonly fcm: Providers['fcm'];
  readonly apns: Providers['apns'];
  readonly webPush: Providers['webPush'];
  /** Null: no request goes to Stripe. */
  readonly stripeApiBase: string | null;
  /** Null: no request goes to PayPal; `usual`: its own addresses, by the account's mode. */
  readonly paypalApiBase: string | null;
  /** Null: no request goes to Apple; `usual`: its own gateways. */
  readonly applePayApiBase: string | null;
  /** PEM; who is trusted at `applePayApiBase`. */
  readonly applePayCa: string | null;
  readonly gatewayTimeoutMs: number;
  readonly sandboxPayments: boolean;
  readonly fileStorage: 'local' | 's3' | 'azure';
  /** The bucket; null without one. */
  readonly s3: {
    bucket: string;
    region: string;
    endpoint: string | null;
    credentials: { accessKeyId: string; secretAccessKey: string } | null;
    pathStyle: boolean;
  } | null;
  readonly azureBlob: { connectionString: string; container: string } | null;
  /** Absolute path; null: in the data folder. */
  readonly fileDir: string | null;
  readonly fileLimitBytes: number;
  readonly imageLimitPixels: number;
  readonly keepUnattachedFilesDays: number;
  readonly uploadHours: number;
  /** The virus scanner; null without one. */
  readonly clamd: { host: string; port: number } | { path: string } | null;
  readonly scanTimeoutMs: number;
  /** What becomes of uploads where there is no virus scanner. */
  readonly unscannedFiles: 'allow' | 'hold';
  /** Servers that are asked for ways and plans of routes; null where none is set up. */
  readonly osrmUrl: string | null;
  readonly valhallaUrl: string | null;
  readonly vroomUrl: string | null;
  readonly routingTimeoutMs: number;
  /** The broker that devices tell their positions; null without one. */
  readonly mqtt: {
    url: string;
    prefix: string;
    clientId: string;
    trustTopics: boolean;
  } | null;
  /** Unpaid orders of one shopper that may hold stock at once; 0 is no limit. */
  readonly unpaidOrdersLimit: number;

  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** File outside of the database to which signed heads of the audit trails are appended. */
  readonly auditHeadsFile: string | null;
  readonly logFile: string | null;
  readonly logKeepDays: number;
  /** Days that contents of messages, webhooks of providers and dead deliveries are kept. */
  readonly keepMessagesDays: number;
  readonly keepFraudDays: number;
  readonly keepProviderEventsDays: number;
  readonly keepDeadDeliveriesDays: number;
  readonly metricsToken: string | null;
  readonly otlpEndpoint: string | null;
  readonly serviceName: string;
  readonly shutdownSeconds: number;
  readonly jobLockSeconds: number;
  readonly diskFreeMinBytes: number;

  /** What is odd but not wrong, one sentence each. */
  readonly warnings: readonly string[];

  private givenSecretKey: string | null;

  constructor(reading: Reading) {
    const values = reading.values as Required<SettingValues>;
    this.nodeEnv = reading.mode;
    this.isProduction = reading.mode === 'production';
    this.isDevelopment = reading.mode === 'development';
    this.isTest = reading.mode === 'test';
    this.roles = new Set(values.MAINSTAY_ROLES);
    this.port = values.PORT;
    this.host = values.MAINSTAY_HOST;
    this.publicUrl = reading.values.MAINSTAY_PUBLIC_URL ?? `http://localhost:${this.port}`;
    this.secureCookies = this.publicUrl.startsWith('https:');
    this.trustedProxies = values.MAINSTAY_TRUSTED_PROXIES;
    this.httpsRedirect = reading.values.MAINSTAY_HTTPS_REDIRECT ?? (this.isProduction && this.secureCookies);
    this.corsOrigins = values.MAINSTAY_CORS_ORIGINS;
    this.rateLimit = values.MAINSTAY_RATE_LIMIT;
    this.rateLimitPrincipal = reading.values.MAINSTAY_RATE_LIMIT_PRINCIPAL ?? this.rateLimit * 5;
    this.socketsPerUser = values.MAINSTAY_SOCKETS_PER_USER;
    this.socketsPerTenant = reading.values.MAINSTAY_SOCKETS_PER_ORGANIZATION ?? null;
    this.bodyLimitBytes = values.MAINSTAY_BODY_LIMIT_BYTES;
    this.uploadLimitBytes = values.MAINSTAY_UPLOAD_LIMIT_BYTES;
    this.givenSecretKey = reading.values.MAINSTAY_SECRET_KEY ?? null;
    this.previousSecretKeys = values.MAINSTAY_PREVIOUS_SECRET_KEYS;
    this.accessTokenSeconds = values.MAINSTAY_ACCESS_TOKEN_SECONDS;
    this.signingKeyDays = values.MAINSTAY_SIGNING_KEY_DAYS;
    this.refreshTokenSeconds = values.MAINSTAY_REFRESH_TOKEN_SECONDS;
    this.stepUpSeconds = values.MAINSTAY_STEP_UP_SECONDS;
    this.passkeyRpId = reading.values.MAINSTAY_PASSKEY_RP_ID ?? new URL(this.publicUrl).hostname;
    this.passkeyOrigins = values.MAINSTAY_PASSKEY_ORIGINS;
    this.androidApps = values.MAINSTAY_ANDROID_APPS.map((app) => {
      const [packageName, fingerprint] = app.split('=');
      return { packageName, fingerprint: fingerprint.toUpperCase() };
    });
    this.iosApps = values.MAINSTAY_IOS_APPS;
    this.hashConcurrency = values.MAINSTAY_HASH_CONCURRENCY;
    this.hashMemoryKib = values.MAINSTAY_HASH_MEMORY_KIB;
    this.adminEmail = reading.values.MAINSTAY_ADMIN_EMAIL ?? null;
    this.adminPassword = reading.values.MAINSTAY_ADMIN_PASSWORD ?? null;
    this.databaseUrl = reading.values.DATABASE_URL ?? null;
    this.ownerDatabaseUrl = reading.values.MAINSTAY_OWNER_DATABASE_URL ?? null;
    this.embeddedDatabase = this.databaseUrl === null;
    this.databasePoolSize = values.MAINSTAY_DATABASE_POOL_SIZE;
    this.queuePoolSize = values.MAINSTAY_QUEUE_POOL_SIZE;
    this.statementTimeoutMs = values.MAINSTAY_STATEMENT_TIMEOUT_MS;
    this.defaultPlan = values.MAINSTAY_DEFAULT_PLAN;
    this.dnsServers = values.MAINSTAY_DNS_SERVERS;
    this.seed = values.MAINSTAY_SEED;
    this.dataDir = resolve(values.MAINSTAY_DATA_DIR);
    this.redisUrl = reading.values.REDIS_URL ?? null;
    this.redisPrefix = values.MAINSTAY_REDIS_PREFIX;
    this.smtpUrl = reading.values.SMTP_URL ?? null;
    this.mailsPerMinute = reading.values.MAIL_MESSAGES_PER_MINUTE ?? null;
    this.textsPerMinute = reading.values.SMS_MESSAGES_PER_MINUTE ?? null;
    this.mailFrom = reading.values.MAINSTAY_MAIL_FROM ?? `Mainstay <no-reply@${new URL(this.publicUrl).hostname}>`;
    const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_FROM: from } = reading.values;
    this.twilio =
      accountSid && authToken && from ? { accountSid, authToken, from, apiBase: values.TWILIO_API_BASE } : null;
    const { sendgrid, ses, fcm, apns, webPush } = pushAndMail(reading.values, this.mailFrom);
    this.sendgrid = sendgrid;
    this.ses = ses;
    this.fcm = fcm;
    this.apns = apns;
    this.webPush = webPush;
    const offered = values.MAINSTAY_PAYMENT_PROVIDERS;
    this.stripeApiBase = values.STRIPE_API_BASE ?? (offered.includes('stripe') ? 'https://api.stripe.com' : null);
    this.paypalApiBase = values.PAYPAL_API_BASE ?? (offered.includes('paypal') ? USUAL_ADDRESS : null);
    this.applePayApiBase = values.APPLE_PAY_API_BASE ?? (offered.includes('apple_pay') ? USUAL_ADDRESS : null);
    this.applePayCa = reading.values.APPLE_PAY_CA ?? null;
    this.gatewayTimeoutMs = values.MAINSTAY_GATEWAY_TIMEOUT_MS;
    this.sandboxPayments = values.MAINSTAY_SANDBOX_PAYMENTS;
    this.fileStorage = values.MAINSTAY_FILE_STORAGE;
    this.s3 = bucketOf(reading.values);
    const { AZURE_STORAGE_CONNECTION_STRING: connectionString, AZURE_STORAGE_CONTAINER: container } = reading.values;
    this.azureBlob = connectionString && container ? { connectionString, container } : null;
    const fileDir = reading.values.MAINSTAY_FILE_DIR;
    this.fileDir = fileDir ? resolve(fileDir) : null;
    this.fileLimitBytes = values.MAINSTAY_FILE_LIMIT_BYTES;
    this.imageLimitPixels = values.MAINSTAY_IMAGE_LIMIT_PIXELS;
    this.keepUnattachedFilesDays = values.MAINSTAY_KEEP_UNATTACHED_FILES_DAYS;
    this.uploadHours = values.MAINSTAY_UPLOAD_HOURS;
    this.clamd = scannerAt(reading.values.CLAMD_URL);
    this.scanTimeoutMs = values.MAINSTAY_SCAN_TIMEOUT_MS;
    this.unscannedFiles = values.MAINSTAY_UNSCANNED_FILES;
    this.osrmUrl = reading.values.OSRM_URL ?? null;
    this.valhallaUrl = reading.values.VALHALLA_URL ?? null;
    this.vroomUrl = reading.values.VROOM_URL ?? null;
    this.mqtt = reading.values.MQTT_URL
      ? {
          url: reading.values.MQTT_URL,
          prefix: values.MAINSTAY_MQTT_PREFIX,
          clientId: values.MAINSTAY_MQTT_CLIENT_ID,
          trustTopics: values.MAINSTAY_MQTT_TRUST_TOPICS,
        }
      : null;
    this.routingTimeoutMs = values.MAINSTAY_ROUTING_TIMEOUT_MS;
    this.unpaidOrdersLimit = values.MAINSTAY_UNPAID_ORDERS_LIMIT;
    this.logLevel = values.LOG_LEVEL;
    const headsFile = reading.values.MAINSTAY_AUDIT_HEADS_FILE;
    this.auditHeadsFile = headsFile ? resolve(headsFile) : null;
    this.logFile = reading.values.MAINSTAY_LOG_FILE ?? null;
    this.logKeepDays = values.MAINSTAY_LOG_KEEP_DAYS;
    this.keepMessagesDays = values.MAINSTAY_KEEP_MESSAGES_DAYS;
    this.keepFraudDays = values.MAINSTAY_KEEP_FRAUD_DAYS;
    this.keepProviderEventsDays = values.MAINSTAY_KEEP_PROVIDER_EVENTS_DAYS;
    this.keepDeadDeliveriesDays = values.MAINSTAY_KEEP_DEAD_DELIVERIES_DAYS;
    this.metricsToken = reading.values.MAINSTAY_METRICS_TOKEN ?? null;
    this.otlpEndpoint = reading.values.OTEL_EXPORTER_OTLP_ENDPOINT ?? null;
    this.serviceName = values.OTEL_SERVICE_NAME;
    this.shutdownSeconds = values.MAINSTAY_SHUTDOWN_SECONDS;
    this.jobLockSeconds = values.MAINSTAY_JOB_LOCK_SECONDS;
    this.diskFreeMinBytes = values.MAINSTAY_DISK_FREE_MIN_BYTES;
    this.warnings = reading.warnings;
    Object.defineProperty(this, 'givenSecretKey', { enumerable: false });
  }

  /**
   * The master key. Outside production an absent one is made once and kept in the data folder (mode 0600), so that
   * a second start still opens what the first one sealed.
   */
  get secretKey(): string {
    return (this.givenSecretKey ??= keptSecretKey(this.dataDir));
  }

  /** A copy with other values: the embedded database's address, a port that was free. */
  with(changes: Partial<Omit<Config, 'with' | 'toJSON' | 'secretKey'>> & { secretKey?: string }): Config {
    const { secretKey, ...rest } = changes;
    const copy = Object.assign(Object.create(Config.prototype) as Config, this, rest);
    Object.defineProperty(copy, 'givenSecretKey', {
      value: secretKey ?? this.givenSecretKey,
      enumerable: false,
      writable: true,
    });
    return copy;
  }

  /** For logs and `config:check`: secrets only say whether they are set. */
  toJSON(): Record<string, unknown> {
    const shown: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(this)) {
      const empty = value === null || (Array.isArray(value) && value.length === 0);
      shown[name] = SECRET_PROPERTIES.includes(name) && !empty ? '[set]' : value instanceof Set ? [...value] : value;
    }
    return shown;
  }

  [inspect.custom](): Record<string, unknown> {
    return this.toJSON();
  }
}

function bucketOf(values: Reading['values']): Config['s3'] {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = values;
  if (!bucket) return null;
  return {
    bucket,
    region: values.S3_REGION!,
    endpoint: values.S3_ENDPOINT ?? null,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null,
    pathStyle: values.S3_PATH_STYLE!,
  };
}

function scannerAt(url: string | undefined): Config['clamd'] {
  if (!url) return null;
  if (url.startsWith('unix:')) return { path: url.slice('unix:'.length) };
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function keptSecretKey(dataDir: string): string {
  const file = join(dataDir, 'secret.key');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) makeSecretKey(file);
  return readFileSync(file, 'utf8').trim();
}

/** Of two processes that start at once one makes the key, and both read it whole: it gets its name with all its content. */
function makeSecretKey(file: string): void {
  const fresh = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(fresh, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(fresh, file);
  } catch {
    // The other one was first, or the file system has no links: then as good as it goes.
    if (!existsSync(file)) writeFileSync(file, readFileSync(fresh), { flag: 'wx', mode: 0o600 });
  } finally {
    rmSync(fresh, { force: true });
  }
}

/**
 * Reads the whole environment.
 * @throws ConfigError with every fault, never only the first.
 */
export function loadConfig(env: Environment = process.env): Config {
  const reading = readSettings(env);
  const faults = [...reading.faults, ...crossFaults(reading)];
  if (faults.length > 0) {
    const order = Object.keys(SETTINGS);
    faults.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    throw new ConfigError(faults, reading.warnings);
  }
  return new Config({ ...reading, warnings: [...reading.warnings, ...oddities(reading)] });
}
