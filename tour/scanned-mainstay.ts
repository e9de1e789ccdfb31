import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './second-process';

export interface ScannedMainstay {
  url: string;
  stop(): Promise<void>;
}

/** The whole test file by its SHA-256, and a part of its text wherever it stands: two lines in place of 300 MB. */
const SIGNATURES = {
  'local.hsb': '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f:68:Local.Eicar.Hash:73\n',
  'local.ndb': `Local.Eicar.Body:0:*:${Buffer.from(['EICAR-STANDARD-ANTI', 'VIRUS-TEST-FILE'].join('')).toString('hex')}\n`,
};

/** Asks until it says yes, for as long as the process lives and half a minute at most. */
async function answers(child: ChildProcess, ask: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    if (await ask().catch(() => false)) return true;
    await pause(100);
  }
  return false;
}

const pings = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end('zPING\0'));
    socket.on('data', () => resolve(true));
    socket.on('error', reject);
  });

/**
 * A Mainstay of its own, with its own database and a virus scanner that knows the test file of the industry, in a folder that
 * goes with it. Null where ClamAV is not installed, or where one of the two does not start.
 */
export async function scannedMainstay(): Promise<ScannedMainstay | null> {
  if (spawnSync('clamd', ['--version']).status !== 0) return null;
  const folder = mkdtempSync(path.join(tmpdir(), 'mainstay-tour-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    const ended = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(ended.filter((_, n) => children[n].exitCode === null));
    rmSync(folder, { recursive: true, force: true });
  };
  const [scanner, port] = [await freePort(), await freePort()];
  for (const [name, line] of Object.entries(SIGNATURES)) writeFileSync(path.join(folder, name), line);
  const settings = [`DatabaseDirectory ${folder}`, `TCPSocket ${scanner}`, 'TCPAddr 127.0.0.1', 'Foreground yes'];
  writeFileSync(path.join(folder, 'clamd.conf'), `${settings.join('\n')}\n`);
  const clamd = spawn('clamd', ['--config-file', path.join(folder, 'clamd.conf')], { stdio: 'ignore' });
  children.push(clamd);
  if (await answers(clamd, () => pings(scanner))) {
    const { DATABASE_URL: _, MAINSTAY_OWNER_DATABASE_URL: __, REDIS_URL: ___, ...env } = process.env;
    const server = spawn(process.execPath, [path.resolve(__dirname, '../main.js')], {
      stdio: 'ignore',
      env: {
        ...env,
        PORT: String(port),
        MAINSTAY_PUBLIC_URL: `http://localhost:${port}`,
        MAINSTAY_DATA_DIR: path.join(folder, 'data'),
        CLAMD_URL: `tcp://127.0.0.1:${scanner}`,
        MAINSTAY_SEED: 'false',
        LOG_LEVEL: 'error',
      },
    });
    children.push(server);
    const url = `http://localhost:${port}`;
    if (await answers(server, async () => (await fetch(`${url}/health/ready`)).ok)) return { url, stop };
  }
  await stop();
  return null;
}
