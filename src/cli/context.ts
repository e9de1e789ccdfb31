import type { INestApplicationContext } from '@nestjs/common';
import { type Config, ConfigError, countOfFaults, formatFaults, loadConfig } from '../kernel/config/config';
import { attachEmbeddedPostgres } from '../kernel/database/embedded-postgres';
import { clusterFolder, openDatabase, type OpenDatabase } from '../start/database';
import { EXIT, ExitError } from '../start/exit';
import { Lifecycle } from '../start/lifecycle';
import { enter } from '../start/module-pack';
import { Output } from './output';

/** Wrong words on the command line: exit code 2, with the usage of the command. */
export class UsageError extends ExitError {
  constructor(message: string) {
    super(EXIT.usage, message);
    this.name = 'UsageError';
  }
}

/** What a running command stands on. */
export class CliContext<V = Record<string, unknown>> {
  private readonly lifecycle = new Lifecycle();
  private loaded: Config | undefined;
  private opened: Promise<OpenDatabase> | undefined;
  private running: Promise<INestApplicationContext> | undefined;

  constructor(
    /** Positional arguments. */
    readonly args: string[],
    readonly values: V,
    readonly out: Output,
    /** The answer to every question is yes. */
    readonly yes: boolean,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /** The validated settings. @throws ConfigError */
  get config(): Config {
    return (this.loaded ??= loadConfig(this.env));
  }

  /**
   * The database of the settings: the embedded one of a running server, else started for the time of this command.
   * @throws ExitError, EmbeddedPostgresError
   */
  database(): Promise<OpenDatabase> {
    return (this.opened ??= this.open());
  }

  private async open(): Promise<OpenDatabase> {
    const { config } = this;
    if (config.databaseUrl === null) {
      const beside = await attachEmbeddedPostgres(clusterFolder(config));
      if (beside) {
        const description = `PostgreSQL of the running server, embedded, in ${clusterFolder(config)}`;
        return { appUrl: beside.appUrl, ownerUrl: beside.ownerUrl, description, embedded: null };
      }
    }
    const database = await openDatabase(config, {
      say: (message) => this.out.say(message),
      onFailure: (error) => {
        this.out.warn(error.message);
        process.exit(EXIT.unreachable);
      },
    });
    if (database.embedded) this.lifecycle.opened('PostgreSQL', () => database.embedded!.stop());
    return database;
  }

  /** The owner's connection. @throws ExitError 78 when only the application's is known */
  async ownerUrl(): Promise<string> {
    const { ownerUrl } = await this.database();
    if (ownerUrl !== null) return ownerUrl;
    throw new ExitError(
      EXIT.configuration,
      'This needs the role that owns the tables: set MAINSTAY_OWNER_DATABASE_URL beside DATABASE_URL.',
    );
  }

  /** The product without its server, for commands that work through commands and queries; closed at the end. */
  application(): Promise<INestApplicationContext> {
    return (this.running ??= this.startApplication());
  }

  private async startApplication(): Promise<INestApplicationContext> {
    const database = await this.database();
    const { migrationStatus } = await import('../kernel/database/migrator.js');
    const { pending } = await migrationStatus(database.ownerUrl ?? database.appUrl);
    if (pending.length > 0) {
      throw new ExitError(
        EXIT.failed,
        `The database lacks ${pending.length} migrations; run: npx --no mainstay migrate`,
      );
    }
    enter('loading');
    await import('reflect-metadata');
    const { NestFactory } = await import('@nestjs/core');
    const { AppModule } = await import('../app.module.js');
    const settled = this.config.with({ databaseUrl: database.appUrl, ownerDatabaseUrl: database.ownerUrl });
    enter('starting');
    const app = await NestFactory.createApplicationContext(AppModule.register(settled, { served: false }), {
      logger: false,
      abortOnError: false,
    });
    enter('running');
    this.lifecycle.opened('application', () => app.close());
    return app;
  }

  /**
   * Asks before something destructive; names the database. Without a terminal, or with --json, --yes is required.
   * @throws ExitError 2 where nobody can be asked, 1 when the answer is no
   */
  async confirm(question: string): Promise<void> {
    if (this.yes) return;
    const { description } = await this.database();
    if (!this.out.interactive) {
      throw new UsageError(`${question} (${description}) Nobody can be asked here: repeat with --yes.`);
    }
    const { confirm } = await import('@clack/prompts');
    if ((await confirm({ message: `${question} (${description})`, initialValue: false })) !== true) {
      throw new ExitError(EXIT.failed, 'Nothing was changed.');
    }
  }

  /** Ends what the command opened, in reverse order. */
  async close(): Promise<void> {
    await this.lifecycle.end();
  }
}

/** Faults of the settings as one text. */
export const faultsText = (error: ConfigError): string =>
  `${countOfFaults(error.faults)}:\n${formatFaults(error.faults)}`;
