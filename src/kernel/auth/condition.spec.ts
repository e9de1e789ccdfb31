import { predicateOf, parseRange, type Circumstances, type Condition } from './condition';
import { conditionFaults } from './condition-faults';

const USER = '01890a5d-ac96-774b-bcce-b302099a8057';
const at = (time: string, more: Partial<Circumstances> = {}): Circumstances => ({
  nowMs: Date.parse(time),
  userId: USER,
  ip: null,
  country: null,
  aal: null,
  authTimeMs: null,
  deviceTrusted: null,
  ...more,
});
const ask = (condition: Condition, circumstances: Circumstances) => {
  expect(conditionFaults(condition)).toEqual([]);
  return predicateOf(condition)(circumstances);
};

describe('conditions', () => {
  it.each([
    // Lisbon is an hour ahead of UTC in summer, level with it in winter.
    ['2026-07-01T07:30:00Z', true],
    ['2026-07-01T06:59:59Z', false],
    ['2026-07-01T17:00:00Z', false],
    ['2026-12-01T07:30:00Z', false],
    ['2026-12-01T08:00:00Z', true],
    ['2026-12-01T17:59:59Z', true],
    ['2026-12-01T18:00:00Z', false],
  ])('know the local time: %s → %s', (time, holds) => {
    expect(ask({ time: { zone: 'Europe/Lisbon', from: '08:00', to: '18:00' } }, at(time))).toBe(holds);
  });

  it.each([
    // Friday night: the window belongs to the day on which it begins, in Kathmandu (UTC+5:45).
    ['2026-11-20T16:15:00Z', true],
    ['2026-11-20T16:14:59Z', false],
    ['2026-11-20T23:00:00Z', true],
    ['2026-11-21T00:14:59Z', true],
    ['2026-11-21T00:15:00Z', false],
    ['2026-11-19T23:00:00Z', false],
    ['2026-11-21T16:30:00Z', false],
  ])('let a window run over midnight: %s → %s', (time, holds) => {
    const time_ = { zone: 'Asia/Kathmandu', from: '22:00', to: '06:00', days: ['fri' as const] };
    expect(ask({ time: time_ }, at(time))).toBe(holds);
  });

  it('follow the switch to summer time at its minute', () => {
    const condition: Condition = { time: { zone: 'Europe/Berlin', from: '03:00', to: '04:00' } };
    expect(ask(condition, at('2026-03-29T00:59:59Z'))).toBe(false);
    // 01:59:59 is followed by 03:00:00.
    expect(ask(condition, at('2026-03-29T01:00:00Z'))).toBe(true);
    expect(ask(condition, at('2026-03-29T02:00:00Z'))).toBe(false);
  });

  it.each([
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['::ffff:10.9.9.9', true],
    ['2001:db8::1', true],
    ['2001:db9::1', false],
    ['nonsense', null],
    [null, null],
  ])('match addresses: %s → %s', (ip, holds) => {
    const condition: Condition = { ip: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] };
    expect(ask(condition, at('2026-01-01T00:00:00Z', { ip }))).toBe(holds);
  });

  it('understand ranges in the usual notation alone', () => {
    for (const range of ['10.0.0.0/8', '0.0.0.0/0', '::/0', '::1', '::ffff:10.0.0.0/104', '255.255.255.255/32']) {
      expect([range, parseRange(range) !== null]).toEqual([range, true]);
    }
    for (const range of [
      '10',
      '010.0.0.1',
      '0x7f.1',
      '10.0.0.0/33',
      '::1/129',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      '1.2.3.4/-1',
      'fe80::1%eth0',
      ' ',
      '10.0.0.0/8 ',
    ]) {
      expect([range, parseRange(range)]).toEqual([range, null]);
    }
  });

  it('compare level, age, device, country, owner and state, and do not guess', () => {
    const here = at('2026-01-01T00:10:00Z', {
      aal: 1,
      authTimeMs: Date.parse('2026-01-01T00:00:00Z'),
      deviceTrusted: true,
      country: 'PT',
      resource: { owner: USER, state: 'paid' },
    });
    const other = '01890a5d-ac96-774b-bcce-b302099a8058';
    const cases: [Condition, boolean | null, boolean | null][] = [
      [{ aal: 1 }, true, null],
      [{ aal: 2 }, false, null],
      [{ auth_age: 600 }, true, null],
      [{ auth_age: 599 }, false, null],
      [{ device_trusted: true }, true, null],
      [{ device_trusted: false }, false, null],
      [{ country: ['ES', 'PT'] }, true, null],
      [{ country: ['ES'] }, false, null],
      [{ 'resource.owner': ['self'] }, true, null],
      [{ 'resource.owner': [other] }, false, null],
      [{ 'resource.state': ['paid', 'shipped'] }, true, null],
      [{ not: { aal: 2 } }, true, null],
      [{ all: [{ aal: 1 }, { country: ['PT'] }] }, true, null],
      [{ any: [{ aal: 2 }, { country: ['PT'] }] }, true, null],
      // Known parts decide where they can.
      [{ any: [{ aal: 3 }, { time: { zone: 'UTC', from: '00:00', to: '01:00' } }] }, true, true],
      [{ all: [{ aal: 1 }, { time: { zone: 'UTC', from: '02:00', to: '03:00' } }] }, false, false],
    ];
    for (const [condition, known, unknown] of cases) {
      expect([condition, ask(condition, here)]).toEqual([condition, known]);
      expect([condition, ask(condition, at('2026-01-01T00:10:00Z'))]).toEqual([condition, unknown]);
    }
  });

  it('say the best and the worst that a resource could make of them, while none is named', () => {
    const paid: Condition = { 'resource.state': ['paid'] };
    const now = at('2026-01-01T00:00:00Z', { aal: 1 });
    const cases: [Condition, boolean | null, boolean | null][] = [
      [paid, true, false],
      [{ not: paid }, true, false],
      [{ all: [paid, { not: paid }] }, true, false],
      [{ any: [paid, { aal: 1 }] }, true, true],
      [{ all: [paid, { aal: 2 }] }, false, false],
      [{ all: [paid, { country: ['PT'] }] }, null, false],
    ];
    for (const [condition, best, worst] of cases) {
      const predicate = predicateOf(condition);
      expect([condition, predicate(now, true), predicate(now, false)]).toEqual([condition, best, worst]);
      expect(predicate({ ...now, resource: {} }, true)).toBe(predicate({ ...now, resource: {} }));
    }
  });
});
