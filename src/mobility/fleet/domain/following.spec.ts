import { hourTurned, isToFollow, type Track } from './following';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Its hour turns with that of the clock. */
const VAN = '01900000-0000-7000-8000-000000000000';
const NOON = Date.parse('2026-03-01T12:00:00Z');
const followed = (more: Partial<Track> = {}): Track => ({
  ...{ madeUntil: NOON + 10 * MINUTE, startedAt: null, endedAt: null, heard: null, ...more },
});
const at = (minutes: number, stands = false) => ({ at: NOON + minutes * MINUTE, stands });
const trip = (began: number, ended: number) => ({ startedAt: NOON + began * MINUTE, endedAt: NOON + ended * MINUTE });

it.each([
  ['nothing was told since', followed(), 12, false],
  ['nothing was told, but the hour turned', followed(), 60, true],
  ['something was told of long ago', followed({ heard: at(-300) }), 12, true],
  ['something was told', followed({ heard: at(11) }), 12, true],
  ['a short trip is under way', followed({ heard: at(12), ...trip(0, 10) }), 12, true],
  ['a trip of an hour is under way', followed({ heard: at(12), ...trip(-50, 10) }), 12, false],
  ['a trip of an hour is under way, for a tenth of it', followed({ heard: at(16), ...trip(-50, 10) }), 16, true],
  ['a long trip is under way', followed({ heard: at(18), ...trip(-500, 10) }), 18, false],
  ['a long trip is under way, for ten minutes', followed({ heard: at(20), ...trip(-500, 10) }), 20, true],
  ['a long trip has stopped', followed({ heard: at(12, true), ...trip(-500, 9) }), 12, true],
  ['a long trip stopped a while ago', followed({ heard: at(12, true), ...trip(-500, 4) }), 12, false],
] as const)('%s', (_name, track, minutes, expected) => {
  expect(isToFollow(VAN, track, NOON + minutes * MINUTE)).toBe(expected);
});

it('hours turn once an hour, of each vehicle at its own minute', () => {
  const turns = ['0190-8000-000000000000', '0190-8000-0000007fffff', '0190-8000-000000ffffff'].map((id) =>
    Array.from({ length: 120 }, (_, i) => i).filter((i) => hourTurned(id, NOON + i * MINUTE, NOON + (i + 1) * MINUTE)),
  );
  expect(turns).toEqual([
    [59, 119],
    [30, 90],
    [0, 60],
  ]);
  expect(hourTurned(VAN, NOON, NOON + HOUR)).toBe(true);
});
