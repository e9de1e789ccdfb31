import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { monotonicMs } from '../kernel/clock/monotonic';
import type { Config } from '../kernel/config/config';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../kernel/database/embedded-postgres';
import { appLoginFaults, ensureRoles } from '../kernel/database/roles';
import { EXIT, ExitError, isUnreachable } from './exit';

/** Oldest server that Mainstay runs on. */
export const MINIMUM_POSTGRES = 15;
/** How long a start waits for a database that does not answer yet (containers start in any order). */
const WAIT_MS = 20_000;

/** A database that answers, whose roles are right; migrations are still to be run. */
export interface OpenDatabase {
  appUrl: string;
  /** Null when only the application's role is known: then somebody else migrates. */
  ownerUrl: string | null;
  /** For people: `PostgreSQL 18.4, embedded in .mainstay/postgres`. */
  description: string;
  embedded: EmbeddedPostgres | null;
}

/** Folder of the embedded cluster within the data folder. */
export const clusterFolder = (config: Config): string => join(config.dataDir, 'postgres');

export interface OpenOptions {
  /** Progress and oddities, one sentence each. */
  say: (message: string) => void;
  /** The embedded PostgreSQL ended and could not be started again. */
  onFailure: (error: Error) => void;
}

/**
 * Starts the embedded database, or checks the one of DATABASE_URL: reachable, new enough, and its role bound by the
 * tenant wall. @throws ExitError, EmbeddedPostgresError
 */
export async function openDatabase(config: Config, { say, onFailure }: OpenOptions): Promise<OpenDatabase> {
  if (config.databaseUrl !== null) return openExternal(config.databaseUrl, config.ownerDatabaseUrl, say);
  const embedded = await startEmbeddedPostgres({ dataDir: clusterFolder(config), onEvent: say, onFailure });
  return {
    appUrl: embedded.appUrl,
    ownerUrl: embedded.ownerUrl,
    description: `PostgreSQL ${embedded.version}, embedded, in ${clusterFolder(config)}`,
    embedded,
  };
}

async function openExternal(
  appUrl: string,
  ownerUrl: string | null,
  say: (message: string) => void,
): Promise<OpenDatabase> {
  const app = await connect('DATABASE_URL', appUrl, say);
  try {
    const { rows } = await app.query<{ number: number; version: string; login: string; same: string }>(
      `select current_setting('server_version_num')::int as number, split_part(current_setting('server_version'), ' ', 1) as version,
         session_user::text as login, ${IDENTITY} as same`,
    );
    const { number, version, login, same } = rows[0];
    if (number < MINIMUM_POSTGRES * 10_000) {
      throw new ExitError(
        EXIT.configuration,
        `DATABASE_URL reaches PostgreSQL ${version}; Mainstay needs ${MINIMUM_POSTGRES} or newer.`,
      );
    }
    if (ownerUrl !== null) await prepareRoles(ownerUrl, login, same, say);
    const faults = await appLoginFaults(app);
    if (faults.length > 0) {
      throw new ExitError(
        EXIT.configuration,
        `DATABASE_URL must name a role that cannot get around the tenant wall:\n${faults.map((fault) => `  ${fault}`).join('\n')}\n` +
          'Use a login of its own (NOSUPERUSER NOBYPASSRLS NOINHERIT, owner of nothing) there, and give the owner in MAINSTAY_OWNER_DATABASE_URL.',
      );
    }
    const { hostname, pathname } = new URL(appUrl);
    return {
      appUrl,
      ownerUrl,
      description: `PostgreSQL ${version} at ${hostname || 'localhost'}${pathname}`,
      embedded: null,
    };
  } finally {
    await app.end();
  }
}

/** Tells one database of one running server from another. */
const IDENTITY = `(select oid from pg_database where datname = current_database()) || '@' || pg_postmaster_start_time()`;

async function prepareRoles(
  ownerUrl: string,
  login: string,
  same: string,
  say: (message: string) => void,
): Promise<void> {
  const owner = await connect('MAINSTAY_OWNER_DATABASE_URL', ownerUrl, say);
  try {
    const { rows } = await owner.query<{ same: string; name: string; inherits: boolean }>(
      `select ${IDENTITY} as same, r.rolname::text as name,
         r.rolinherit or current_setting('server_version_num')::int >= 160000 as inherits from pg_roles r where r.rolname = current_user`,
    );
    if (rows[0].same !== same) {
      throw new ExitError(
        EXIT.configuration,
        'DATABASE_URL and MAINSTAY_OWNER_DATABASE_URL reach two different databases.',
      );
    }
    if (!rows[0].inherits) {
      throw new ExitError(
        EXIT.notAllowed,
        `The role of MAINSTAY_OWNER_DATABASE_URL must inherit on PostgreSQL 15: alter role "${rows[0].name}" inherit`,
      );
    }
    await ensureRoles(owner, login);
  } catch (error) {
    if ((error as { code?: string }).code === '42501') {
      throw new ExitError(
        EXIT.notAllowed,
        `The role of MAINSTAY_OWNER_DATABASE_URL may not make or grant the roles mainstay_app, _worker, _queue and _search: give it CREATEROLE (${(error as Error).message}).`,
      );
    }
    throw error;
  } finally {
    await owner.end();
  }
}

/** Connects, waiting some seconds for a server that is only starting. */
async function connect(setting: string, url: string, say: (message: string) => void): Promise<Client> {
  const end = monotonicMs() + WAIT_MS;
  for (let told = false; ; told = true) {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      application_name: 'mainstay start',
    });
    try {
      await client.connect();
      client.on('error', () => undefined);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const { code, message } = error as { code?: string; message: string };
      const { host } = new URL(url);
      if (!isUnreachable(error) && !/timeout/i.test(message)) {
        const exit = code?.startsWith('28') ? EXIT.notAllowed : code === '3D000' ? EXIT.configuration : EXIT.failed;
        throw new ExitError(exit, `${setting}: the database at ${host} refuses the connection: ${message}`);
      }
      if (monotonicMs() > end) {
        throw new ExitError(
          EXIT.unreachable,
          `${setting}: no database answers at ${host} (${code ?? message}). Is it running?`,
        );
      }
      if (!told) say(`Waiting for the database at ${host} (${code ?? message}).`);
      await pause(500);
    }
  }
}
