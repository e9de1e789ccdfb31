import { EXIT } from '../../start/exit';
import { checkDatabase, checkMigrations, type Check } from '../checks';
import { defineCommand } from '../command';

interface HealthPart {
  name: string;
  status: string;
  message?: string;
}

interface ServerState {
  url: string;
  running: boolean;
  ready: boolean;
  /** The parts of /health/ready that are not up. */
  troubles: string[];
}

export const command = defineCommand({
  name: 'status',
  summary: 'whether the server runs, and the state of its database',
  usage: '',
  description: 'Asks the server at MAINSTAY_URL (default: this machine, PORT). Exit 0 when it is ready, 69 when not.',
  options: {},
  async run({ config, env, out }) {
    const server = await ask(env.MAINSTAY_URL ?? `http://localhost:${config.port}`);
    const { checks, url } = await checkDatabase(config);
    const database: Check = checks.find((check) => check.state === 'failed') ?? checks[0];
    const migrations = url ? await checkMigrations(url).catch(() => null) : null;
    const state = !server.running
      ? out.red('not running')
      : server.ready
        ? out.green('ready')
        : out.yellow('not ready');
    const lines = [
      `server      ${state}  ${server.url}`,
      ...server.troubles.map((trouble) => `            ${trouble}`),
      `database    ${database.detail}`,
      ...(migrations ? [`migrations  ${migrations.detail}`] : []),
    ];
    out.result({ server, database: database.detail, migrations: migrations?.detail ?? null }, lines.join('\n'));
    return server.ready ? EXIT.ok : EXIT.unreachable;
  },
});

async function ask(url: string): Promise<ServerState> {
  const get = (path: string): Promise<Response | null> =>
    fetch(`${url}${path}`, { signal: AbortSignal.timeout(3_000) }).catch(() => null);
  const live = await get('/health/live');
  if (!live?.ok) return { url, running: false, ready: false, troubles: [] };
  const ready = await get('/health/ready');
  const body = (await ready?.json().catch(() => null)) as { parts?: HealthPart[] } | null;
  const troubles = (body?.parts ?? [])
    .filter(({ status }) => status !== 'up')
    .map(({ name, status, message }) => `${name}: ${status}${message ? `, ${message}` : ''}`);
  return { url, running: true, ready: ready?.ok ?? false, troubles };
}
