import type IORedis from 'ioredis';
import { Notifications, subscribingWhenReady } from './fan-out';

/** A database that can be away, and that notes what it was sent. */
function database() {
  const sent: string[] = [];
  const state = { away: false, breaks: false, tries: 0 };
  const connect = async () => {
    state.tries += 1;
    if (state.away) throw new Error('timeout exceeded when trying to connect');
    return {
      async query({ values }: { values: unknown[] }) {
        sent.push(...(values[1] as string[]).map((payload) => payload.trim()));
        if (state.breaks) throw new Error('connection lost');
      },
      release: () => undefined,
    };
  };
  return { sent, state, connect };
}
const outcome = (work: Promise<void>): Promise<string> =>
  work.then(
    () => 'sent',
    (error: Error) => error.message,
  );
const LIMITS = { waiting: 3, againMs: 1 };

describe('messages between processes', () => {
  it('wait while the database is away, in order, and the oldest are left out beyond the bound', async () => {
    const { sent, state, connect } = database();
    state.away = true;
    const notifications = new Notifications(connect, LIMITS);
    const outcomes = ['1', '2', '3', '4', '4'].map((payload) => outcome(notifications.send('c', payload)));
    while (state.tries < 3) await new Promise(setImmediate);
    expect(sent).toEqual([]);
    state.away = false;
    const full = 'Too many messages wait for the database.';
    expect(await Promise.all(outcomes)).toEqual([full, full, 'sent', 'sent', 'sent']);
    expect(sent).toEqual(['3', '4', '4']);
  });

  it('are not sent again where they may have been sent', async () => {
    const { sent, state, connect } = database();
    const notifications = new Notifications(connect, LIMITS);
    state.breaks = true;
    expect(await outcome(notifications.send('c', 'once'))).toBe('connection lost');
    state.breaks = false;
    expect(await outcome(notifications.send('c', 'next'))).toBe('sent');
    expect(sent).toEqual(['once', 'next']);
  });

  it('are given up when the process closes and the database stays away', async () => {
    const { state, connect } = database();
    state.away = true;
    const notifications = new Notifications(connect, LIMITS);
    const last = outcome(notifications.send('c', 'x'));
    await notifications.close();
    expect(await last).toBe('timeout exceeded when trying to connect');
  });
});

describe('copies of a connection to Redis', () => {
  /** Ready, and refuses to subscribe as access rules do, until it is let. */
  function copy(letAt: number) {
    const one = { status: 'ready', tries: 0, subscribe: () => Promise.resolve(1) };
    one.subscribe = () =>
      ++one.tries >= letAt ? Promise.resolve(1) : Promise.reject(new Error('NOPERM no permission to subscribe'));
    return one;
  }
  const copied = (one: object, againMs: number): IORedis =>
    subscribingWhenReady({ duplicate: () => one } as unknown as IORedis, againMs).duplicate();

  it('that are refused pause before they ask again', async () => {
    const refused = copy(5);
    void copied(refused, 1e9).subscribe('c');
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    expect(refused.tries).toBe(1);
    const late = copy(3);
    expect(await copied(late, 1).subscribe('c')).toBe(1);
    expect(late.tries).toBe(3);
  });
});
