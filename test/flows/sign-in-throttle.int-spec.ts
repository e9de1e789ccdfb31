import { ThrottleRepository } from '../../src/access/identity/data/throttle.repository';
import {
  ACCOUNTS_PER_ADDRESS,
  ADDRESS_LANE,
  CLOSED_AFTER,
  COUNTRY_LANE,
  IDENTIFIER_LANE,
} from '../../src/access/identity/domain/login-throttle.policy';
import { PasswordHasher } from '../../src/access/identity/domain/password-hasher';
import { clock } from '../../src/kernel/clock/clock';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { eventually } from '../support/eventually';
import { identityApp, type IdentityApp } from '../support/identity';
import { PASSWORD } from '../support/shop';

describe('tries to sign in', () => {
  let id: IdentityApp;
  let throttles: ThrottleRepository;
  beforeAll(async () => {
    id = await identityApp();
    throttles = id.app.get(ThrottleRepository);
  });
  afterAll(() => id.close());
  afterEach(() => clock.setOffset(0));

  const refused = (email: string, password = 'not the password at all', context = {}) =>
    expect(id.logIn(email, password, context)).rejects.toThrow('identity.invalid-credentials');
  /** An account with a device that it knows. */
  const withDevice = async () => {
    const { email, userId } = await id.owner();
    const deviceId = newId();
    await id.logIn(email, PASSWORD, { deviceId });
    return { email, userId, deviceId };
  };

  it('reach the hash five times of two hundred at once; the known device still gets in, a stranger after the wait', async () => {
    const { email, deviceId } = await withDevice();
    const before = await id.hashes();
    const guesses = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => id.logIn(email, `guess ${i} of many`)),
    );
    const codes = new Set(guesses.map((guess) => ((guess as PromiseRejectedResult).reason as { code: string }).code));
    expect([...codes]).toEqual(['identity.invalid-credentials']);
    expect(await id.hashes()).toBe(before + 5);
    // The right password of a stranger is refused in the same words, and costs no hash.
    await refused(email, PASSWORD);
    expect(await id.hashes()).toBe(before + 5);
    expect((await id.logIn(email, PASSWORD, { deviceId })).user.email).toBe(email);
    // The known device opened its own lane alone.
    await refused(email, PASSWORD);
    clock.setOffset(31);
    expect((await id.logIn(email)).user.email).toBe(email);
    // A success forgets the failures: four more are free.
    for (let i = 0; i < 4; i++) await refused(email);
    expect((await id.logIn(email)).user.email).toBe(email);
  });

  it('wait ever longer, up to a quarter of an hour; tries within a wait do not prolong it', async () => {
    const email = id.address();
    const steps: number[] = [];
    let at = 0;
    let lastMs = 0;
    /** @param since when the clock began to be so many seconds ahead: what passed meanwhile is left out */
    const tryAt = async (seconds: number, since = Date.now()): Promise<boolean> => {
      lastMs = since;
      clock.setOffset(seconds - (Date.now() - since) / 1_000);
      const { reservation } = await throttles.reserveSignIn({ identifier: email, ip: '198.51.100.1' });
      return reservation.allowed;
    };
    for (let i = 0; i < 5; i++) expect(await tryAt(0)).toBe(true);
    for (let failure = 5; failure < 12; failure++) {
      const wait = Math.min(900, 30 * 2 ** (failure - 5));
      for (const part of [0.1, 0.5, 0.9]) expect(await tryAt(at + wait * part, lastMs)).toBe(false);
      at += wait + 1;
      expect(await tryAt(at)).toBe(true);
      steps.push(wait);
    }
    expect(steps).toEqual([30, 60, 120, 240, 480, 900, 900]);
    // Half a day after the first try counting begins anew.
    at = 43_201;
    for (let i = 0; i < 5; i++) expect(await tryAt(at)).toBe(true);
    expect(await tryAt(at)).toBe(false);
  });

  it('count alike whether or not there is an account', async () => {
    const { email } = await id.owner();
    const [present, absent] = [email, id.address()];
    for (const who of [present, absent]) {
      const before = await id.hashes();
      for (let i = 0; i < 8; i++) await refused(who);
      expect(await id.hashes()).toBe(before + 5);
    }
  });

  it('leave no counter behind for what was right, and count every door of an account together', async () => {
    const { email } = await id.owner();
    const ip = '203.0.113.77';
    for (let i = 0; i < 3; i++) await id.logIn(email, PASSWORD, { ip });
    const { reservation } = await throttles.reserveSignIn({ identifier: email, ip });
    const counted = await id.rows<{ tries: number; accounts: number }>(
      'select tries, accounts from identity.throttles where key = any($1) order by accounts',
      [reservation.keys.slice(0, 2)],
    );
    expect(counted).toEqual([
      { tries: 1, accounts: 0 },
      { tries: 1, accounts: 1 },
    ]);
    await throttles.giveBack(reservation);
    // Another door (a code, say) has four failures: the password has one try left.
    for (let i = 0; i < 4; i++) await throttles.reserveSignIn({ identifier: email, ip: '203.0.113.78' });
    await refused(email);
    await refused(email, PASSWORD);
  });

  it('are bounded for one address, and for one that tries each account but once', async () => {
    const { email } = await id.owner();
    const ip = '203.0.113.9';
    const guess = (identifier: string, from = ip) => throttles.reserveSignIn({ identifier, ip: from });
    const same = await Promise.all(
      Array.from({ length: ADDRESS_LANE.free + 20 }, (_, i) => guess(`${i % 90}@example.org`)),
    );
    // Ninety accounts with few free tries each: the accounts' own waits come first.
    expect(same.filter(({ reservation }) => reservation.allowed)).toHaveLength(ADDRESS_LANE.free);
    const stuffing = await Promise.all(
      Array.from({ length: ACCOUNTS_PER_ADDRESS + 20 }, () => guess(id.address(), '203.0.113.10')),
    );
    expect(stuffing.filter(({ reservation }) => reservation.allowed)).toHaveLength(ACCOUNTS_PER_ADDRESS);
    await expect(id.logIn(email, PASSWORD, { ip: '203.0.113.10' })).rejects.toMatchObject({
      code: 'identity.too-many-tries',
      data: { retryAfterSeconds: expect.any(Number) as number },
    });
    // It locked nobody out: the account is as it was for everybody else.
    expect((await id.logIn(email)).user.email).toBe(email);
  });

  it('of a swarm are bounded by the minute for its country; known devices go on', async () => {
    const { email, deviceId } = await withDevice();
    const country = 'XK';
    for (let i = 0; i < COUNTRY_LANE.free; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, j) =>
          throttles.reserveSignIn({ identifier: id.address(), ip: `100.64.${i / 50}.${j}`, country }),
        ),
      );
    const tried = async (device?: string): Promise<boolean> =>
      (await throttles.reserveSignIn({ identifier: email, ip: '100.65.0.1', country, deviceId: device })).reservation
        .allowed;
    expect(await tried()).toBe(false);
    expect(await tried(newId())).toBe(false);
    expect(await tried(deviceId)).toBe(true);
    clock.setOffset(61);
    expect(await tried()).toBe(true);
  });

  it('close an account to strangers after a hundred failures in a row, until its owner proves the address', async () => {
    const { email, deviceId } = await withDevice();
    const closed = id.address();
    for (const who of [email, closed]) {
      for (let failure = 0; failure < CLOSED_AFTER; failure++) {
        clock.setOffset(failure * 1_000);
        const { reservation } = await throttles.reserveSignIn({ identifier: who, ip: `100.66.0.${failure}` });
        expect(reservation.allowed).toBe(true);
      }
      clock.setOffset(86_400 * 20);
      const { reservation } = await throttles.reserveSignIn({ identifier: who, ip: '100.66.1.1' });
      expect(reservation).toMatchObject({ allowed: false, refusedBy: 'account', closed: true });
    }
    await refused(email, PASSWORD);
    expect((await id.logIn(email, PASSWORD, { deviceId })).user.email).toBe(email);
    await refused(email, PASSWORD);
    const uow = id.app.get(UnitOfWork);
    const within = <T>(work: Parameters<UnitOfWork['run']>[0]) =>
      id.as(() => uow.run(work, { tenantId: PLATFORM_TENANT })) as Promise<T>;
    // Ending waits does not open it; a new password by mail does.
    expect(await within((tx) => throttles.endWaits(tx, email, [deviceId]))).toEqual({ closed: true });
    await refused(email, PASSWORD);
    await within((tx) => throttles.reopen(tx, email));
    expect((await id.logIn(email)).user.email).toBe(email);
  });

  it('that are right cost four trips and one commit: the count, the memberships, the work, and its commit', async () => {
    const { email, deviceId } = await withDevice();
    // With what is cached for some seconds: again where the machine was too slow for that.
    const cost = await eventually(async () => {
      const sql = { trips: 0, statements: 0, commits: 0, milliseconds: 0 };
      await id.logIn(email, PASSWORD, { deviceId, sql });
      return sql.trips <= 4 ? sql : undefined;
    });
    expect(cost).toMatchObject({ trips: 4, commits: 1 });
    expect(cost.statements).toBeLessThanOrEqual(20);
  });

  it('need the second factor that was set up while the password was being verified', async () => {
    const { email, userId } = await id.owner();
    const hasher = id.app.get(PasswordHasher);
    const verify = hasher.verify.bind(hasher);
    const slow = jest.spyOn(hasher, 'verify').mockImplementationOnce(async (...given) => {
      await id.rows(
        `insert into identity.factors (id, user_id, method, name, state, secret_enc, created_at)
         values ($1, $2, 'totp', 'App', 'active', 'sealed', now())`,
        [newId(), userId],
      );
      return verify(...given);
    });
    expect(await id.logIn(email)).toMatchObject({ mfaRequired: true, methods: ['totp'] });
    slow.mockRestore();
    expect(await id.rows('select id from identity.sessions where user_id = $1', [userId])).toEqual([]);
  });

  it('keep nothing that was submitted', async () => {
    const email = id.address();
    await refused(email);
    const reservation = await throttles.reserve([{ lane: IDENTIFIER_LANE, value: email }]);
    const stored = await id.rows<{ key: Buffer }>(
      'select key from identity.throttles where key = $1',
      reservation.keys,
    );
    expect(stored[0].key).toHaveLength(32);
    expect(JSON.stringify(await id.rows('select * from identity.throttles limit 50'))).not.toContain(email);
  });

  it('are given back in the order in which they are counted: a success and a further try never wait for each other', async () => {
    const [identifier, ip] = [id.address(), '100.67.1.1'];
    const { reservation } = await throttles.reserveSignIn({ identifier, ip });
    const { keys, sourceAt } = reservation;
    const source = keys[sourceAt - 1];
    // What a further try does: the counter of the address first, then what was seen from it.
    await id.sql.query('begin');
    await id.sql.query('select from identity.throttles where key = $1 for no key update', [source]);
    const given = throttles.giveBack(reservation);
    const blocked = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%give_back%' and datname = current_database()`;
    await eventually(
      async () => {
        await id.sql.query('select pg_stat_clear_snapshot()');
        return (await id.sql.query(blocked)).rowCount === 1;
      },
      { timeoutMs: 10_000 },
    );
    await id.sql.query(
      `insert into identity.throttle_sightings (source, identifier, window_ends_at) values ($1, $2, kernel.now())
       on conflict (source, identifier) do update set window_ends_at = excluded.window_ends_at`,
      [source, keys[0]],
    );
    await id.sql.query('commit');
    await given;
  });
});
