import { NotYet } from '../../../kernel/messaging/reaction';
import { Turns } from './turns';

describe('turns', () => {
  let now = 0;
  const held: (() => void)[] = [];
  const hold = (): Promise<void> => new Promise((resolve) => held.push(resolve));
  const wait = async (turns: Turns, tenant: string): Promise<number> => {
    const refused = await turns.take(tenant, hold).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NotYet);
    return (refused as NotYet).delaySeconds;
  };
  beforeEach(() => {
    now = 0;
    held.length = 0;
  });

  it('leave a place to other tenants, and take nobody more than there are', async () => {
    const turns = new Turns(3, () => now);
    void turns.take('a', hold);
    void turns.take('a', hold);
    await wait(turns, 'a');
    void turns.take('b', hold);
    await wait(turns, 'c');
    held[0]();
    await Promise.resolve();
    await new Promise(setImmediate);
    void turns.take('a', hold);
    expect(held).toHaveLength(4);
  });

  it('are reckoned one after the other by how long work takes, at most half a minute ahead', async () => {
    const turns = new Turns(2, () => now);
    for (let n = 0; n < 60; n++)
      await turns.take('a', async () => {
        now += 2_000;
      });
    void turns.take('a', hold);
    void turns.take('b', hold);
    const waits = [];
    for (let n = 0; n < 40; n++) waits.push(await wait(turns, 'c'));
    // Two places and two seconds each: one turn a second.
    expect(waits.slice(0, 3).map(Math.round)).toEqual([1, 2, 3]);
    expect(Math.max(...waits)).toBe(30);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });

  it('are free again when work fails', async () => {
    const turns = new Turns(1, () => now);
    await expect(turns.take('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await turns.take('a', async () => undefined);
  });
});
