import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { EmbeddedPostgresError } from './error';

/** When a process began, in a form that no later process with the same id repeats; null where the system does not tell. */
export function processStart(pid: number): string | null {
  if (process.platform !== 'linux') return null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22 of proc(5), counted after the command name, which may hold spaces and brackets.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${ticks}`;
  } catch {
    return null;
  }
}

/** True when a process with this id exists and has not ended (a zombie has). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return true;
  }
}

interface Holder {
  pid: number;
  start: string | null;
}

function readHolder(file: string): { text: string; holder: Holder } | null {
  try {
    const text = readFileSync(file, 'utf8');
    return { text, holder: JSON.parse(text) as Holder };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') {
      throw new EmbeddedPostgresError('not-permitted', `${file} belongs to another user.`);
    }
    return null;
  }
}

const holds = ({ pid, start }: Holder): boolean =>
  pid === process.pid ||
  (isAlive(pid) && (start === null || processStart(pid) === null || processStart(pid) === start));

/** Process id of the live holder of a folder's lock, or null. */
export function lockHolder(folder: string): number | null {
  const found = readHolder(join(folder, 'lock'));
  return found && holds(found.holder) ? found.holder.pid : null;
}

/**
 * Takes the lock of a folder for this process, or throws `busy` naming the holder. A lock whose process is gone
 * (kill -9, power cut) is taken over; two processes that find the same stale lock cannot both get it, because only
 * the one that holds the guard file removes it.
 */
export function takeLock(folder: string): { release(): void } {
  const lock = join(folder, 'lock');
  const guard = join(folder, 'lock.takeover');
  const own = join(folder, `lock.${process.pid}.${randomBytes(4).toString('hex')}`);
  writeFileSync(own, JSON.stringify({ pid: process.pid, start: processStart(process.pid) } satisfies Holder), {
    mode: 0o600,
  });
  try {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      if (linked(own, lock)) return { release: () => rmSync(lock, { force: true }) };
      const found = readHolder(lock);
      if (found && holds(found.holder)) throw busy(folder, found.holder.pid);
      if (!linked(own, guard)) {
        const other = readHolder(guard);
        if (other && holds(other.holder)) throw busy(folder, other.holder.pid);
        rmSync(guard, { force: true });
        continue;
      }
      try {
        const now = readHolder(lock);
        if (!now || !holds(now.holder)) rmSync(lock, { force: true });
      } finally {
        rmSync(guard, { force: true });
      }
    }
    throw new EmbeddedPostgresError('busy', `The lock of ${folder} is contended; try again.`);
  } finally {
    unlinkSync(own);
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const busy = (folder: string, pid: number): EmbeddedPostgresError =>
  new EmbeddedPostgresError(
    'busy',
    `The data folder ${folder} is in use by process ${pid}. Stop that one, or give this one its own folder: MAINSTAY_DATA_DIR=<folder>.`,
  );
