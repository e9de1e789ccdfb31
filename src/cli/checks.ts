import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import type { Config } from '../kernel/config/config';
import { attachEmbeddedPostgres, embeddedHolder, POSTGRES_MAJOR } from '../kernel/database/embedded-postgres';
import { appLoginFaults } from '../kernel/database/roles';
import { clusterFolder, MINIMUM_POSTGRES } from '../start/database';
import { isUnreachable } from '../start/exit';
import { probePort } from '../start/ports';

/** One line of `doctor`: what was looked at, how it is, and how to repair it. */
export interface Check {
  name: string;
  state: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What to do, when it is not ok. */
  repair?: string;
}

const ok = (name: string, detail: string): Check => ({ name, state: 'ok', detail });
const warning = (name: string, detail: string, repair: string): Check => ({ name, state: 'warning', detail, repair });
const failed = (name: string, detail: string, repair: string): Check => ({ name, state: 'failed', detail, repair });

export function checkNode(): Check {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const fine = major > 20 || (major === 20 && minor >= 19);
  return fine
    ? ok('node', `Node.js ${process.versions.node}`)
    : failed('node', `Node.js ${process.versions.node} is too old`, 'install Node.js 20.19 or newer');
}

/** The data folder: there or to be made, writable, with room. */
export function checkDataFolder(config: Config): Check[] {
  const folder = config.dataDir;
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const uid = process.getuid?.() ?? '<user>';
    return [
      failed(
        'data folder',
        `${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`,
        `chown -R ${uid} ${folder}, or set MAINSTAY_DATA_DIR`,
      ),
    ];
  }
  const checks = [ok('data folder', existing === folder ? folder : `${folder}, made by the first start`)];
  const { bavail, bsize } = statfsSync(existing);
  const free = bavail * bsize;
  const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
  checks.push(
    free < config.diskFreeMinBytes
      ? failed(
          'disk',
          `${mib(free)} free, at least ${mib(config.diskFreeMinBytes)} wanted`,
          `free some space on the disk of ${folder}`,
        )
      : ok('disk', `${mib(free)} free`),
  );
  const key = join(folder, 'secret.key');
  if (existsSync(key) && (statSync(key).mode & 0o077) !== 0) {
    checks.push(warning('secret key', `${key} can be read by others`, `chmod 600 ${key}`));
  }
  return checks;
}

/** The port: free, or held by a Mainstay that answers. */
export async function checkPort(config: Config): Promise<Check> {
  const at = `${config.host}:${config.port}`;
  if (config.port === 0) return ok('port', 'any free one');
  const problem = await probePort(config.port, config.host);
  if (problem === null) return ok('port', `${at} is free`);
  if (problem !== 'EADDRINUSE') return failed('port', `${at} cannot be used (${problem})`, 'set PORT or MAINSTAY_HOST');
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host;
  const answer = await fetch(`http://${host}:${config.port}/health/live`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => null,
  );
  if (answer?.ok) return ok('port', `${at} is served by a running Mainstay`);
  return failed(
    'port',
    `${at} is taken by another program`,
    `PORT=${config.port + 1} npm start, or end the other program`,
  );
}

export interface DatabaseCheck {
  checks: Check[];
  /** Address for further checks, when it answers. */
  url: string | null;
}

/** The database, without starting or changing anything. */
export async function checkDatabase(config: Config): Promise<DatabaseCheck> {
  return config.databaseUrl === null ? checkEmbedded(config) : checkExternal(config.databaseUrl, config);
}

async function checkEmbedded(config: Config): Promise<DatabaseCheck> {
  const folder = clusterFolder(config);
  const beside = await attachEmbeddedPostgres(folder);
  if (beside)
    return { checks: [ok('database', `embedded PostgreSQL answers on port ${beside.port}`)], url: beside.ownerUrl };
  const holder = embeddedHolder(folder);
  if (holder !== null) {
    return {
      checks: [
        failed(
          'database',
          `process ${holder} holds ${folder}, but its PostgreSQL does not answer`,
          `see ${folder}/postgres.log; restart process ${holder}`,
        ),
      ],
      url: null,
    };
  }
  const versionFile = join(folder, 'data', 'PG_VERSION');
  const version = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : null;
  if (version !== null && version !== String(POSTGRES_MAJOR)) {
    return {
      checks: [
        failed(
          'database',
          `the data in ${folder} are of PostgreSQL ${version}, this release brings ${POSTGRES_MAJOR}`,
          'back up with the release that made them, restore into an empty MAINSTAY_DATA_DIR',
        ),
      ],
      url: null,
    };
  }
  const detail =
    version === null
      ? 'embedded PostgreSQL, made by the first start'
      : 'embedded PostgreSQL, not running; the server starts it';
  return { checks: [ok('database', detail)], url: null };
}

async function checkExternal(url: string, config: Config): Promise<DatabaseCheck> {
  const { host, username, pathname } = new URL(url);
  const where = `${host}${pathname}`;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ number: number; version: string }>(
      `select current_setting('server_version_num')::int as number, split_part(current_setting('server_version'), ' ', 1) as version`,
    );
    if (rows[0].number < MINIMUM_POSTGRES * 10_000) {
      return {
        checks: [
          failed(
            'database',
            `${where} is PostgreSQL ${rows[0].version}`,
            `use PostgreSQL ${MINIMUM_POSTGRES} or newer`,
          ),
        ],
        url: null,
      };
    }
    const faults = await appLoginFaults(client);
    const checks = [ok('database', `PostgreSQL ${rows[0].version} at ${where}`)];
    for (const fault of faults)
      checks.push(
        failed(
          'database role',
          fault,
          'give DATABASE_URL a login of its own, and the owner in MAINSTAY_OWNER_DATABASE_URL',
        ),
      );
    return { checks, url: config.ownerDatabaseUrl ?? url };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const about = (detail: string, repair: string): DatabaseCheck => ({
      checks: [failed('database', detail, repair)],
      url: null,
    });
    if (code === '28P01' || code === '28000')
      return about(`${where} refuses the password of ${username}`, 'correct the password in DATABASE_URL');
    if (code === '3D000')
      return about(
        `${host} has no database ${pathname.slice(1)}`,
        `createdb ${pathname.slice(1)}, owned by the owner role`,
      );
    if (isUnreachable(error) || /timeout/i.test(message))
      return about(
        `nothing answers at ${host} (${code ?? message})`,
        'start PostgreSQL there, or correct the host in DATABASE_URL',
      );
    return about(`${where}: ${message}`, 'correct DATABASE_URL');
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function checkMigrations(url: string): Promise<Check> {
  const { migrationStatus } = await import('../kernel/database/migrator.js');
  const { applied, pending } = await migrationStatus(url);
  return pending.length === 0
    ? ok('migrations', `all ${applied.length} applied`)
    : failed('migrations', `${pending.length} pending`, 'npx --no mainstay migrate');
}

/** Redis and the mail server, where they are set: whether something listens there. */
export async function checkServices(config: Config): Promise<Check[]> {
  const checks: Check[] = [];
  if (config.redisUrl) checks.push(await checkRedis(config.redisUrl));
  if (config.smtpUrl) {
    const { hostname, port, protocol } = new URL(config.smtpUrl);
    const problem = await reach(hostname, Number(port) || (protocol === 'smtps:' ? 465 : 587));
    checks.push(
      problem
        ? warning(
            'mail',
            `nothing answers at ${hostname} (${problem})`,
            'start the mail server or correct SMTP_URL; mail waits in its queue',
          )
        : ok('mail', `${hostname} answers`),
    );
  } else if (config.isProduction) {
    checks.push(warning('mail', 'no SMTP_URL: no mail leaves', 'set SMTP_URL'));
  }
  return checks;
}

async function checkRedis(url: string): Promise<Check> {
  const { hostname } = new URL(url);
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return ok('redis', `${hostname} answers`);
  } catch (error) {
    return failed(
      'redis',
      `${hostname}: ${(error as Error).message}`,
      'start Redis, correct REDIS_URL, or unset it: PostgreSQL does the same work',
    );
  } finally {
    redis.disconnect();
  }
}

/** Null when a connection can be made, else why not. */
function reach(host: string, port: number): Promise<string | null> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    const end = (problem: string | null): void => {
      socket.destroy();
      done(problem);
    };
    socket.setTimeout(2_000, () => end('timeout'));
    socket.once('connect', () => end(null));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
