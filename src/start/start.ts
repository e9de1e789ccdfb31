import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../kernel/clock/monotonic';
import type { Config } from '../kernel/config/config';
import { migrate, migrationStatus } from '../kernel/database/migrator';
import { type OpenDatabase, openDatabase } from './database';
import { EXIT, ExitError } from './exit';
import type { Lifecycle } from './lifecycle';
import { enter } from './module-pack';
import { assertPort } from './ports';
import type { Fact, Reporter } from './reporter';

/** Version of the product, from package.json. */
export function productVersion(): string {
  // dist/src/start or src/start
  for (const up of ['../..', '../../..']) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(__dirname, up, 'package.json'), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'mainstay') return version;
    } catch {
      // one folder further up
    }
  }
  return '0.0.0';
}

export interface StartOptions {
  config: Config;
  lifecycle: Lifecycle;
  reporter: Reporter;
  /** The process must end: something it stands on is gone. */
  onFailure: (error: Error) => void;
}

/**
 * The whole start, in order: port, database, migrations, application, worker. Everything opened is given to the
 * lifecycle, which ends it in reverse. @throws ExitError and friends; see `exitCodeOf`
 */
export async function start({ config, lifecycle, reporter, onFailure }: StartOptions): Promise<void> {
  const from = monotonicMs();
  for (const warning of config.warnings) reporter.warn(warning);
  await assertPort(config.port, config.host);
  lifecycle.goOn();

  // Loading the application's code is the longest part of a start: PostgreSQL comes up meanwhile.
  const opening = openDatabase(config, { say: (message) => reporter.step(message), onFailure }).then((opened) => {
    if (opened.embedded) lifecycle.opened('PostgreSQL', () => opened.embedded!.stop(), 60_000);
    return opened;
  });
  if (config.embeddedDatabase) reporter.step('Starting PostgreSQL ...');
  // Not while another database is being reached: loading holds the event loop, on a busy machine for longer than the
  // connection may take, and a database that answers at once would count as away.
  const loading = (config.embeddedDatabase ? pause(100) : opening).then(() => import('./application.js'));
  loading.catch(() => undefined);
  const database = await opening;
  lifecycle.goOn();
  const migrations = await bringUpToDate(database, reporter);
  lifecycle.goOn();

  const { startApplication } = await loading;
  enter('starting');
  lifecycle.goOn();
  const settled = config.with({ databaseUrl: database.appUrl, ownerDatabaseUrl: database.ownerUrl });
  const application = await startApplication(settled, lifecycle, reporter);
  enter('running');

  const at = application.url;
  const api = config.roles.has('api');
  const facts: (Fact | false)[] = [
    // A process without the role api serves probes and metrics alone.
    api && { key: 'api', label: 'API', value: `${at}/api/v1` },
    api && { key: 'docs', label: 'API docs', value: `${at}/docs` },
    api && { key: 'queues', label: 'Queues', value: `${at}/queues` },
    { key: 'health', label: 'Health', value: `${at}/health/ready` },
    !api && { key: 'metrics', label: 'Metrics', value: `${at}/metrics` },
    api &&
      config.isDevelopment &&
      config.smtpUrl === null && { key: 'mailbox', label: 'Mailbox', value: `${at}/dev/mailbox` },
    { key: 'database', label: 'Database', value: `${database.description} (migrations ${migrations})` },
    { key: 'roles', label: 'Roles', value: [...config.roles].join(', ') },
  ];
  const seconds = ((monotonicMs() - from) / 1000).toFixed(1);
  reporter.ready(
    `Mainstay ${productVersion()} ready in ${seconds} s`,
    facts.filter((fact) => fact !== false),
    application.firstLogin,
  );
}

/** Migrates with the owner's connection, or makes sure that somebody else has. @returns for example `12/12` */
async function bringUpToDate(database: OpenDatabase, reporter: Reporter): Promise<string> {
  if (database.ownerUrl === null) {
    const { applied, pending } = await migrationStatus(database.appUrl);
    if (pending.length > 0) {
      throw new ExitError(
        EXIT.configuration,
        `The database lacks ${pending.length} of ${applied.length + pending.length} migrations. ` +
          'Set MAINSTAY_OWNER_DATABASE_URL, so that the start runs them, or run: npx --no mainstay migrate',
      );
    }
    return `${applied.length}/${applied.length}`;
  }
  const { applied, total } = await migrate(database.ownerUrl);
  if (applied.length > 0) reporter.step(`${applied.length} migrations applied.`);
  return `${total}/${total}`;
}
