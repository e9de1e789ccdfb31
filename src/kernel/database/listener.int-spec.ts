import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { eventually } from '../../../test/support/eventually';
import { AuthVersions } from '../auth/versions';
import { newId } from '../ids/ids';
import { DeliverySignal } from '../messaging/delivery-signal';
import { Listener, NOTIFY_PAYLOAD_LIMIT_BYTES } from './listener';
import { UnitOfWork } from './unit-of-work';

describe('the listener', () => {
  let one: TestApp;
  let two: TestApp;

  beforeAll(async () => {
    one = await testApp([]);
    two = await testApp([], { database: one.database });
    await Promise.all([one.get(Listener).ready(), two.get(Listener).ready()]);
  });
  afterAll(async () => {
    await one?.close();
    await two?.close();
  });

  it('reaches every process, gathers equal notifications and keeps channels apart', async () => {
    const heard: string[] = [];
    const off = two.get(Listener).on('test_gather', (payload) => heard.push(payload));
    await eventually(() => {
      one.get(Listener).notify('test_gather', 'probe');
      return heard.includes('probe');
    });
    heard.length = 0;
    one.get(Listener).notify('test_other', 'x');
    for (let i = 0; i < 100; i++) one.get(Listener).notify('test_gather', 'same');
    one.get(Listener).notify('test_gather', 'last');
    await eventually(() => heard.includes('last'));
    expect(heard.filter((payload) => payload === 'same')).toHaveLength(1);
    expect(heard).not.toContain('x');
    off();
  });

  it('refuses names that are no identifiers and payloads that PostgreSQL would refuse', () => {
    const listener = one.get(Listener);
    expect(() => listener.on('a; drop table x', () => undefined)).toThrow('no channel name');
    expect(() => listener.notify('Ä')).toThrow('no channel name');
    expect(() => listener.notify('test_long', 'x'.repeat(NOTIFY_PAYLOAD_LIMIT_BYTES + 1))).toThrow(RangeError);
  });

  it('comes back after its connection was killed, tells of the gap and hears again', async () => {
    const listener = two.get(Listener);
    const heard: string[] = [];
    let gaps = 0;
    const off = listener.on('test_reconnect', (payload) => heard.push(payload));
    const offGap = listener.onGap(() => gaps++);
    const admin = new Client({ connectionString: one.database.superuserUrl });
    await admin.connect();
    const killed = await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mainstay listener' and datname = current_database()`,
    );
    await admin.end();
    expect(killed.rowCount).toBeGreaterThanOrEqual(2);
    await eventually(() => gaps > 0 && one.get(Listener).connected);
    one.get(Listener).notify('test_reconnect', 'after');
    await eventually(() => heard.includes('after'));
    off();
    offGap();
  });

  it('wakes the workers of other processes once, without an echo', async () => {
    let raisedHere = 0;
    let raisedThere = 0;
    one.get(DeliverySignal).onRaise(() => raisedHere++);
    two.get(DeliverySignal).onRaise(() => raisedThere++);
    one.get(DeliverySignal).raise();
    await eventually(() => raisedThere === 1);
    // A marker behind the wake-up: when it has come back, an echo would have too.
    let marked = 0;
    const off = one.get(Listener).on('test_marker', () => marked++);
    await eventually(() => {
      two.get(Listener).notify('test_marker', String(marked));
      return marked > 0;
    });
    expect(raisedHere).toBe(1);
    expect(raisedThere).toBe(1);
    off();
  });

  it('makes a raised version known to every process', async () => {
    const id = newId();
    expect((await two.get(AuthVersions).current([id])).get(id)).toBe(0);
    let changed = 0;
    two.get(AuthVersions).onChange((other) => other === id && changed++);
    await asTenant(newId(), () => one.get(UnitOfWork).run((tx) => one.get(AuthVersions).bump(tx, id)));
    await eventually(() => changed > 0);
    expect((await two.get(AuthVersions).current([id])).get(id)).toBe(1);
  });
});
