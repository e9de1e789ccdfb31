import { TestClient } from '../support/client';
import type { Login } from '../support/shop';

/** One way to the product: a process of it, or an application of a test. A refused call rejects. */
export interface Door {
  logIn(): Promise<Login>;
  refresh(refreshToken: string): Promise<Login>;
  /** Ends every session of the user but that of the caller. */
  endOthers(caller: Login): Promise<void>;
  /** True while the access token is good at this door. */
  works(tokens: Login): Promise<boolean>;
}

/** The door of a server: one account, by its e-mail address and password. */
export function httpDoor(url: string, email: string, password: () => string): Door {
  const client = new TestClient(url);
  const good = <T>(answer: { status: number; body: T }): T => {
    if (answer.status >= 500) throw new Error(`The server failed with ${answer.status}.`);
    if (answer.status >= 400) throw new Refused((answer.body as { code?: string }).code ?? String(answer.status));
    return answer.body;
  };
  return {
    logIn: async () => good(await client.post<Login>('/auth/login', { email, password: password() })),
    refresh: async (refreshToken) => good(await client.post<Login>('/auth/refresh', { refreshToken })),
    endOthers: async ({ accessToken }) =>
      void good(await client.call('DELETE', '/sessions', undefined, { token: accessToken })),
    works: async ({ accessToken }) => (await client.get('/auth/profile', { token: accessToken })).status === 200,
  };
}

/** An answer of the product that says no; everything else is a fault. */
export class Refused extends Error {}

const isRefused = (error: unknown): boolean =>
  error instanceof Refused || (error as { kind?: string })?.kind === 'unauthenticated';

/** Undefined for a refusal. @throws what is no refusal */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

export interface RefreshRace {
  rounds: number;
  /** Rounds in which not exactly one successor came out of all calls, or a call was refused. */
  wrong: number;
  /** The last token of the family, and one that was used up long before. */
  last: Login;
  used: string;
}

/** Refreshes one token many times at once, over all doors, round after round with the successor (C1). */
export async function raceRefreshes(doors: Door[], rounds: number, parallel = 50): Promise<RefreshRace> {
  let current = await doors[0].logIn();
  const used = current.refreshToken;
  let wrong = 0;
  for (let round = 0; round < rounds; round++) {
    const calls = Array.from({ length: parallel }, (_, i) => doors[i % doors.length].refresh(current.refreshToken));
    const answers = await Promise.allSettled(calls);
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const successors = new Set(given.map(({ refreshToken }) => refreshToken));
    if (successors.size !== 1 || given.length !== parallel) wrong += 1;
    if (given.length === 0) break;
    current = given[0];
  }
  return { rounds, wrong, last: current, used };
}

/**
 * Lets a refresh and the end of its session race, round after round (C2). `end` ends all sessions of the user but the
 * caller's; default: by signing out everywhere else.
 * @returns tokens that still worked once the end was confirmed; access tokens are asked at the door that ended them
 */
export async function raceRevocations(
  doors: Door[],
  rounds: number,
  end: (door: Door, caller: Login) => Promise<void> = (door, caller) => door.endOthers(caller),
): Promise<{ survivors: number }> {
  let survivors = 0;
  for (let round = 0; round < rounds; round++) {
    const [first, second] = [doors[round % doors.length], doors[(round + 1) % doors.length]];
    const [victim, caller] = [await first.logIn(), await second.logIn()];
    const [refreshed] = await Promise.all([unlessRefused(first.refresh(victim.refreshToken)), end(second, caller)]);
    for (const tokens of refreshed ? [refreshed, victim] : [victim]) {
      for (const door of doors) if (await unlessRefused(door.refresh(tokens.refreshToken))) survivors += 1;
      if (await second.works(tokens)) survivors += 1;
    }
  }
  return { survivors };
}

/** Signs in many times at once while the live sessions are counted over and over (C4). @returns the most seen at once */
export async function raceLogins(
  doors: Door[],
  logins: number,
  liveSessions: () => Promise<number>,
): Promise<{ most: number; counts: number }> {
  let running = true;
  let most = 0;
  let counts = 0;
  const watch = async (): Promise<void> => {
    while (running) {
      most = Math.max(most, await liveSessions());
      counts += 1;
    }
  };
  const watching = watch();
  try {
    await Promise.all(Array.from({ length: logins }, (_, i) => unlessRefused(doors[i % doors.length].logIn())));
  } finally {
    running = false;
    await watching;
  }
  return { most: Math.max(most, await liveSessions()), counts };
}
