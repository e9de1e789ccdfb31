import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { CACHE, testDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { ROOT } from '../support/process';
import { freePort } from '../support/server';

/** util-linux' `script` runs a command at a terminal of its own and hands on what is typed and shown there. */
const describeWithTerminal = spawnSync('script', ['--version']).status === 0 ? describe : describe.skip;

describeWithTerminal('a start at a terminal', () => {
  it('shows the start block to whoever reads along, and ends by Ctrl-C', async () => {
    const database = await testDatabase({ label: 'terminal' });
    const port = await freePort();
    const child = spawn('script', ['-qfec', `exec "${process.execPath}" dist/main.js`, '/dev/null'], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        TERM: 'xterm',
        NO_COLOR: '1',
        NODE_ENV: 'test',
        PORT: String(port),
        DATABASE_URL: database.appUrl,
        MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
        MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
        MAINSTAY_SEED: 'false',
        LOG_LEVEL: 'error',
      },
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      await eventually(() => shown.includes('Stop with Ctrl-C.'), { timeoutMs: 90_000 });
      expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
      const block = shown.replaceAll('\r', '').split('\n');
      expect(block).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^ {2}Mainstay \d+\.\d+\.\d+ ready in [\d.]+ s$/),
          expect.stringMatching(new RegExp(`^  API +http://localhost:${port}/api/v1$`)),
          expect.stringMatching(new RegExp(`^  API docs +http://localhost:${port}/docs$`)),
          expect.stringMatching(new RegExp(`^  Health +http://localhost:${port}/health/ready$`)),
          expect.stringMatching(/^ {2}Database +PostgreSQL \d+.*\(migrations (\d+)\/\1\)$/),
          expect.stringMatching(/^ {2}Roles +api, realtime, worker$/),
        ]),
      );
      // Lines for people, none for programs.
      expect(block.filter((line) => line.startsWith('{'))).toEqual([]);
      child.stdin.write('\u0003');
      expect(await ended).toBe(0);
      await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
    } finally {
      child.kill('SIGKILL');
    }
  }, 150_000);
});
