import { ConfigError, loadConfig, type Config } from '../../kernel/config/config';
import {
  type Check,
  checkDatabase,
  checkDataFolder,
  checkMigrations,
  checkNode,
  checkPort,
  checkServices,
} from '../checks';
import { defineCommand } from '../command';
import type { Output } from '../output';

export const command = defineCommand({
  name: 'doctor',
  summary: 'check everything a start needs and say how to repair it',
  usage: '',
  description:
    'Changes nothing and starts nothing; works when the application cannot start. Exit 1 when something failed.',
  options: {},
  async run({ env, out }) {
    const checks: Check[] = [checkNode()];
    const config = settings(env, checks);
    if (config) {
      checks.push(...checkDataFolder(config));
      // All at once: each waits for a time-out of its own at worst.
      const [port, database, services] = await Promise.all([
        checkPort(config),
        checkDatabase(config),
        checkServices(config),
      ]);
      checks.push(port, ...database.checks);
      if (database.url) checks.push(await checkMigrations(database.url).catch(unreadable));
      checks.push(...services);
    }
    const count = (state: Check['state']): number => checks.filter((check) => check.state === state).length;
    const summary = `${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed`;
    out.result(
      { ok: count('failed') === 0, checks },
      `${checks.map((check) => line(check, out)).join('\n')}\n\n${summary}`,
    );
    return count('failed') === 0 ? 0 : 1;
  },
});

function settings(env: NodeJS.ProcessEnv, checks: Check[]): Config | null {
  try {
    const config = loadConfig(env);
    checks.push({ name: 'settings', state: 'ok', detail: `${config.nodeEnv}, roles ${[...config.roles].join(', ')}` });
    for (const detail of config.warnings) {
      checks.push({ name: 'settings', state: 'warning', detail, repair: 'correct or remove it' });
    }
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { name, problem, expected, make } of error.faults) {
      const repair = `set ${name} to ${expected}${make ? `; make one: ${make}` : ''}`;
      checks.push({ name: 'settings', state: 'failed', detail: `${name} ${problem}`, repair });
    }
    return null;
  }
}

const unreadable = (error: Error): Check => ({
  name: 'migrations',
  state: 'failed',
  detail: error.message,
  repair: 'npx --no mainstay migrate, as the owner of the database',
});

function line({ name, state, detail, repair }: Check, out: Output): string {
  const sign = { ok: out.green('ok     '), warning: out.yellow('warning'), failed: out.red('failed ') }[state];
  return `${sign}  ${name.padEnd(13)}  ${detail}${repair ? `\n${' '.repeat(24)}-> ${repair}` : ''}`;
}
