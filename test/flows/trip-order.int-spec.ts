import fc from 'fast-check';
import { AssignToVehicleCommand } from '../../src/mobility/fleet/commands/manage-assignments';
import { MakeTripsCommand } from '../../src/mobility/fleet/commands/make-trips';
import { DrivingScoresQuery, FindTripQuery, ListTripsQuery } from '../../src/mobility/fleet/queries/trips';
import { CreateGeofenceCommand } from '../../src/mobility/location/commands/manage-fences';
import { RecordPositionsCommand } from '../../src/mobility/location/commands/record-positions';
import { ReplayTrackCommand } from '../../src/mobility/location/commands/replay-track';
import { fromMetres } from '../../src/mobility/location/domain/geodesy';
import { SeededRandom } from '../../src/mobility/location/domain/optimization/random';
import { FleetDesk, page } from '../support/fleet-desk';

const HOME = { lat: 48.2, lng: 16.37 };

/** A part of a trip, as a device sees it. */
type Part =
  | { kind: 'drive'; steps: number; course: 0 | 90 | 180 | 270 }
  | { kind: 'brake' }
  | { kind: 'corner' }
  | { kind: 'spike' }
  | { kind: 'inaccurate' }
  | { kind: 'stand'; minutes: number }
  | { kind: 'silence'; minutes: number };

const part: fc.Arbitrary<Part> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('drive' as const),
      steps: fc.integer({ min: 5, max: 90 }),
      course: fc.constantFrom(0 as const, 90 as const, 180 as const, 270 as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('brake' as const, 'corner' as const, 'spike' as const, 'inaccurate' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('stand' as const, 'silence' as const),
      minutes: fc.integer({ min: 1, max: 75 }),
    }),
  },
);

/** How what was seen is told: in what order, how much of it twice, in what chunks, and whether it is followed in between. */
interface Telling {
  order: 'shuffled' | 'newest first' | 'newest block first' | 'in order';
  seed: number;
  twice: number;
  chunks: number[];
  between: boolean;
  /** Fixes of a step of the replay. */
  step: number;
}

const telling: fc.Arbitrary<Telling> = fc.record({
  order: fc.constantFrom(
    'shuffled' as const,
    'shuffled' as const,
    'newest first' as const,
    'newest block first' as const,
    'in order' as const,
  ),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  twice: fc.integer({ min: 0, max: 60 }),
  chunks: fc.array(fc.constantFrom(1, 7, 40, 120, 600), { minLength: 1, maxLength: 6 }),
  between: fc.boolean(),
  step: fc.constantFrom(5, 60, 2_000),
});

interface Fix {
  fixTime: number;
  lat: number;
  lng: number;
  speed: number;
  course: number;
  accuracy: number;
  attributes: { ignition: boolean };
}

/** What the device sees from `begin` on. It ends where no fence is, so that nobody has to wait for its dwell. */
function seen(parts: readonly Part[], begin: number): Fix[] {
  const fixes: Fix[] = [];
  let [at, x, y, course] = [begin, 0, -600, 0];
  const see = (seconds: number, speed: number, more: Partial<Fix> = {}): void => {
    at += seconds * 1_000;
    x += Math.sin((course * Math.PI) / 180) * speed * seconds;
    y += Math.cos((course * Math.PI) / 180) * speed * seconds;
    fixes.push({
      fixTime: at,
      ...fromMetres(HOME, { x, y }),
      speed,
      course,
      accuracy: 5,
      attributes: { ignition: speed > 0 },
      ...more,
    });
  };
  for (let k = 0; k < 8; k++) see(30, 0);
  for (const one of parts)
    if (one.kind === 'drive') {
      ({ course } = one);
      for (let k = 0; k < one.steps; k++) see(10, 25);
    } else if (one.kind === 'brake')
      for (const speed of [25, 25, 20.1, 15.2, 10.3, 10.3, 14.8, 19.3, 23.8, 25]) see(1, speed);
    else if (one.kind === 'corner') for (let k = 0; k < 6; k++, course = (course + 30) % 360) see(1, 12);
    else if (one.kind === 'spike') see(1, 0, fromMetres(HOME, { x: x + 3_000, y }));
    else if (one.kind === 'inaccurate') see(5, 0, { accuracy: 80 });
    else if (one.kind === 'stand') for (let k = 0; k < one.minutes; k++) see(60, 0);
    else at += one.minutes * 60_000;
  course = 180;
  y = Math.min(y, -3_000);
  for (let k = 0; k < 20; k++) see(10, 25);
  for (let k = 0; k < 8; k++) see(30, 0);
  return fixes;
}

function told(fixes: readonly Fix[], { order, seed, twice, chunks }: Telling): Fix[][] {
  const random = new SeededRandom(seed);
  let all = [...fixes];
  if (order === 'shuffled')
    for (let k = all.length - 1; k > 0; k--) {
      const other = random.below(k + 1);
      [all[k], all[other]] = [all[other], all[k]];
    }
  else if (order === 'newest first') all.reverse();
  else if (order === 'newest block first') {
    const cut = random.below(all.length);
    all = [...all.slice(cut), ...all.slice(0, cut)];
  }
  // Somewhere behind the first time.
  for (let k = 0; k < twice; k++) {
    const from = random.below(all.length);
    all.splice(from + 1 + random.below(all.length - from), 0, all[from]);
  }
  const parts: Fix[][] = [];
  for (let [from, k] = [0, 0]; from < all.length; from += chunks[k % chunks.length], k++)
    parts.push(all.slice(from, from + chunks[k % chunks.length]));
  return parts;
}

/** What was found before. */
const FOUND: [Part[], Telling][] = [
  // An event that is confirmed by an earlier fix than at first, at the same time.
  [
    [{ kind: 'drive', steps: 22, course: 0 }, { kind: 'brake' }, { kind: 'brake' }],
    { order: 'shuffled', seed: 1, twice: 0, chunks: [1], between: true, step: 5 },
  ],
];

describe('what a vehicle did', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open();
  });
  afterAll(() => desk.app.close());

  const boxed = async (name: string, from: Date): Promise<{ vehicleId: string; trackerId: string }> => {
    const [{ id: vehicleId }, trackerId] = [await desk.vehicle({ name }), await desk.tracker()];
    const device = { kind: 'device' as const, subjectId: trackerId, from, until: null, slot: 1, note: null };
    await desk.act(new AssignToVehicleCommand(vehicleId, device));
    return { vehicleId, trackerId };
  };
  const replay = async (trackerId: string, step: number): Promise<void> => {
    while (await desk.act(new ReplayTrackCommand(trackerId, step)));
  };
  /** All that follows from a track, without what names the vehicle, the tracker and the moment of telling. */
  const outcome = async (vehicleId: string, trackerId: string, begin: Date): Promise<Record<string, unknown>> => {
    const positions = await desk.rows(
      'select fix_at, lat, lng, speed, course, reason from location.positions where tenant_id = $1 and tracker_id = $2 order by fix_at',
      [desk.tenant, trackerId],
    );
    const fenced = await desk.rows(
      `select geofence_id, type, at, confirmed_at, lat, lng from location.fence_events
       where tenant_id = $1 and tracker_id = $2 and superseded_at is null order by confirmed_at, at, type, geofence_id`,
      [desk.tenant, trackerId],
    );
    const latest = await desk.rows(
      'select fix_at, lat, lng from location.latest_positions where tenant_id = $1 and id = $2',
      [desk.tenant, trackerId],
    );
    const { data } = await desk.ask(new ListTripsQuery(page({ filter: {} })));
    const trips = [];
    for (const { id } of data.filter((trip) => trip.vehicleId === vehicleId)) {
      const { id: _id, vehicleId: _vehicleId, ...trip } = await desk.ask(new FindTripQuery(id));
      trips.push({ ...trip, trackerId: null });
    }
    const period = { from: begin.toISOString(), to: desk.in(0).toISOString() };
    const scores = (await desk.ask(new DrivingScoresQuery({ by: 'vehicle', ...period }))).data;
    const {
      subjectId: _subjectId,
      name: _name,
      ...score
    } = scores.find(({ subjectId }) => subjectId === vehicleId) ?? { subjectId: '', name: '' };
    return { positions, fenced, latest, trips, score };
  };

  const check = async (parts: readonly Part[], way: Telling): Promise<Record<string, unknown>> => {
    await desk.begin();
    const begin = new Date(Math.floor(desk.in(-16 * 3_600).getTime() / 1_000) * 1_000);
    for (const [y, radius, dwellSeconds] of [
      [-600, 150, 120],
      [2_000, 300, 60],
      [900, 30, null],
    ] as const) {
      const { lat, lng } = fromMetres(HOME, { x: 0, y });
      const shape = { type: 'circle', center: [lng, lat], radius };
      await desk.act(new CreateGeofenceCommand({ name: `Yard ${y}`, shape, dwellSeconds }));
    }
    const [plain, other] = [await boxed('Plain', begin), await boxed('Other', begin)];
    const fixes = seen(parts, begin.getTime());
    const tell = (trackerId: string, some: readonly Fix[]) =>
      desk.act(new RecordPositionsCommand(desk.tenant, some, trackerId));
    await tell(plain.trackerId, fixes);
    const chunks = told(fixes, way);
    let [accepted, duplicates] = [0, 0];
    for (const [k, chunk] of chunks.entries()) {
      const receipt = await tell(other.trackerId, chunk);
      accepted += receipt.accepted;
      duplicates += receipt.duplicates;
      if (!way.between || k % 5 !== 2) continue;
      await replay(other.trackerId, way.step);
      await desk.act(new MakeTripsCommand(other.vehicleId, begin, desk.in(0)));
    }
    expect([accepted, duplicates]).toEqual([fixes.length, way.twice]);
    const outcomes: Record<string, unknown>[] = [];
    for (const { vehicleId, trackerId } of [plain, other]) {
      await replay(trackerId, way.step);
      await desk.act(new MakeTripsCommand(vehicleId, begin, desk.in(0)));
      outcomes.push(await outcome(vehicleId, trackerId, begin));
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    return outcomes[0];
  };

  it('is the same in any chunks, order and duplication: positions, events at fences, trips, driving and score', async () => {
    const totals = { reasons: 0, fenced: 0, trips: 0, driving: 0, scores: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 3, maxLength: 9 }), telling, async (parts, way) => {
        const { positions, fenced, trips, score } = (await check(parts, way)) as {
          positions: { reason: string | null }[];
          fenced: unknown[];
          trips: { events: unknown[] }[];
          score: { score?: number | null };
        };
        totals.reasons += positions.filter(({ reason }) => reason !== null).length;
        totals.fenced += fenced.length;
        totals.trips += trips.length;
        totals.driving += trips.reduce((sum, { events }) => sum + events.length, 0);
        totals.scores += typeof score.score === 'number' ? 1 : 0;
      }),
      {
        seed: 20_261_122,
        numRuns: 20,
        interruptAfterTimeLimit: 150_000,
        examples: FOUND,
      },
    );
    // What is compared is there.
    for (const [what, count] of Object.entries(totals)) expect([what, count > 2]).toEqual([what, true]);
  }, 240_000);
});
