import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from './eventually';
import { freePort } from './server';

/** The test file of the anti-virus industry, in two halves, so that no scanner stumbles over this repository. */
export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EI', 'CAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

/** True where ClamAV is installed (Debian: clamav-daemon); `.ci/run` installs it. */
export const HAS_CLAMD = spawnSync('clamd', ['--version']).status === 0;
if (!HAS_CLAMD) process.stderr.write('clamd is not installed: tests against a real virus scanner are skipped.\n');

export interface Clamd {
  url: string;
  stop(): Promise<void>;
}

/** A real clamd on loopback whose database knows EICAR alone: two lines instead of 300 MB. Scans up to 2 MiB. */
export async function startClamd(): Promise<Clamd> {
  const folder = mkdtempSync(path.join(tmpdir(), 'clamd-'));
  const mark = Buffer.from(EICAR.slice(EICAR.indexOf('EICAR'), EICAR.indexOf('!$H'))).toString('hex');
  writeFileSync(path.join(folder, 'local.ndb'), `Local.Eicar.Body:0:*:${mark}\n`);
  writeFileSync(
    path.join(folder, 'local.hsb'),
    '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f:68:Local.Eicar.Hash:73\n',
  );
  const port = await freePort();
  const conf = path.join(folder, 'clamd.conf');
  const lines = [
    `DatabaseDirectory ${folder}`,
    `TCPSocket ${port}`,
    'TCPAddr 127.0.0.1',
    'Foreground yes',
    'StreamMaxLength 2M',
    'MaxFileSize 2M',
    'MaxScanSize 100M',
    'AlertExceedsMax yes',
    'SelfCheck 86400',
    'ConcurrentDatabaseReload no',
  ];
  writeFileSync(conf, `${lines.join('\n')}\n`);
  const child = spawn('clamd', ['--config-file', conf], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await eventually(
    () =>
      new Promise<boolean>((resolve, reject) => {
        if (child.exitCode !== null) return reject(new Error(`clamd ended with ${child.exitCode}.`));
        const socket = connect(port, '127.0.0.1', () => socket.end('zPING\0'));
        socket.on('data', () => resolve(true));
        socket.on('error', reject);
      }),
    { timeoutMs: 30_000 },
  );
  return {
    url: `tcp://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
