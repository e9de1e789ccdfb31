import { clock } from '../../src/kernel/clock/clock';

/** Does something at one moment by the clock of this process: it stands still, but for moves of the kernel's time. */
export async function atOneMoment(work: () => Promise<void>): Promise<void> {
  const at = Date.now();
  const now = jest.spyOn(clock, 'nowMs').mockImplementation(() => at + clock.offsetSeconds * 1_000);
  try {
    await work();
  } finally {
    now.mockRestore();
  }
}

/**
 * Does something while the clock of this process is so many seconds ahead of the database's, or behind it where that is
 * negative, as on two machines. Moving the kernel's time moves both.
 */
export async function skewed<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const now = jest.spyOn(clock, 'nowMs').mockImplementation(() => Date.now() + (clock.offsetSeconds + seconds) * 1_000);
  try {
    return await work();
  } finally {
    now.mockRestore();
  }
}
