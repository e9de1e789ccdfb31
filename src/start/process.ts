import { monotonicMs } from '../kernel/clock/monotonic';
import type { Config } from '../kernel/config/config';
import { logger } from '../kernel/telemetry/logger';
import { EXIT, exitCodeOf } from './exit';
import { Interrupted, Lifecycle } from './lifecycle';
import { reporterFor } from './reporter';
import { start } from './start';

/** Signals that come again within this time are the same request. */
const REPEATED_MS = 700;

/** Runs the server in this process until a signal or a failure ends it; the process exits with a code of `EXIT`. */
export async function run(config: Config): Promise<void> {
  const reporter = reporterFor(config);
  const lifecycle = new Lifecycle();
  lifecycle.onTrouble = (name, trouble) => logger.error({ err: trouble, part: name }, `${name} did not end cleanly`);

  let code: number = EXIT.ok;
  const finish = async (): Promise<never> => {
    const clean = await lifecycle.end();
    process.exit(code === EXIT.ok && !clean ? EXIT.failed : code);
  };
  const fail = (error: unknown): void => {
    code ||= exitCodeOf(error) || EXIT.failed;
    void finish();
  };

  let asked = -Infinity;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (lifecycle.stopping) {
        // Somebody is impatient (npm repeats one Ctrl-C at once; a person takes longer). PostgreSQL gets its signal from
        // the exit hook, and the next start waits for it.
        if (signal === 'SIGINT' && monotonicMs() - asked > REPEATED_MS) process.exit(130);
        return;
      }
      asked = monotonicMs();
      reporter.note(`${signal}: stopping${signal === 'SIGINT' && reporter.human ? ' (Ctrl-C again forces)' : ''} ...`);
      void finish();
    });
  }
  // A reader of our output that went away must not end the server.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'unexpected error, stopping');
    fail(error);
  });

  try {
    await lifecycle.starting(() =>
      start({
        config,
        lifecycle,
        reporter,
        onFailure: (error) => {
          logger.fatal({ err: error }, 'the database is gone, stopping');
          fail(error);
        },
      }),
    );
  } catch (error) {
    if (error instanceof Interrupted) return;
    const { name, message, stack } = error as Error;
    const told = ['ExitError', 'EmbeddedPostgresError', 'ConfigError', 'AppError'].includes(name);
    process.stderr.write(`Mainstay cannot start: ${told ? message : (stack ?? message)}\n`);
    fail(error);
  }
}
