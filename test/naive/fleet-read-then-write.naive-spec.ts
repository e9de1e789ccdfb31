import { Client } from 'pg';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { AssignmentRepository, type AssignmentRow } from '../../src/mobility/fleet/data/assignment.repository';
import { DispatchRepository } from '../../src/mobility/fleet/data/dispatch.repository';
import { MaintenanceRepository } from '../../src/mobility/fleet/data/maintenance.repository';
import { assignmentOverlaps } from '../../src/mobility/fleet/domain/fleet.errors';
import {
  expectAllHeard,
  expectOneVehicle,
  expectToldOnce,
  givingRace,
  maintenanceRace,
  openRaces,
  trackerRace,
} from '../scenarios/fleet-races';
import { testDatabase } from '../support/cluster';
import { LOCK, Unguarded } from './unguarded';

/** Once it began, the first who read waits until the second has read too, as may happen to them. */
class Together {
  private readonly both: Promise<void>;
  private open = (): void => undefined;
  private readers = -Infinity;

  constructor() {
    this.both = new Promise((resolve) => (this.open = resolve));
  }

  readonly begin = (): void => void (this.readers = 0);

  async after<T>(reading: Promise<T>): Promise<T> {
    const found = await reading;
    this.readers += 1;
    if (this.readers === 2) this.open();
    if (this.readers > 0) await this.both;
    return found;
  }
}

/** Looks whether a period overlaps, then writes it. */
class LookThenWrite extends AssignmentRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override async insert(row: AssignmentRow & { note: string | null; by: string | null }): Promise<void> {
    const tx = this.unit.current();
    const there = await tx.query(
      `select from fleet.assignments where tenant_id = $1 and kind = $2 and subject_id = $3
         and during && tstzrange($4, $5, '[)')`,
      [tx.tenantId, row.kind, row.subjectId, row.from, row.until],
    );
    if (there.length > 0) throw assignmentOverlaps('subject', row.kind);
    return super.insert(row);
  }
}

describe('naive: read, then write', () => {
  it('must not put one tracker into two vehicles', async () => {
    const database = await testDatabase({ fresh: true });
    const sql = new Client({ connectionString: database.superuserUrl });
    await sql.connect();
    await sql.query('alter table fleet.assignments drop constraint assignments_of_subject');
    await sql.end();
    const desk = await openRaces(database);
    try {
      const naive = new LookThenWrite(desk.app.get(UnitOfWork));
      desk.app.get(AssignmentRepository).insert = (row) => naive.insert(row);
      expectOneVehicle(await trackerRace(desk));
    } finally {
      await desk.app.close();
    }
  }, 60_000);

  it('must not tell of maintenance twice', async () => {
    const desk = await openRaces();
    try {
      const unlocked = new Unguarded(LOCK);
      const naive = new MaintenanceRepository(unlocked.unit(desk.app.get(UnitOfWork)));
      const both = new Together();
      desk.app.get(MaintenanceRepository).lock = (of) => both.after(naive.lock(of));
      const race = await maintenanceRace(desk, both.begin);
      unlocked.expectFound();
      expectToldOnce(race);
    } finally {
      await desk.app.close();
    }
  }, 60_000);

  it('must not leave a driver with a route that is another’s', async () => {
    const desk = await openRaces();
    try {
      const unlocked = new Unguarded(LOCK);
      const naive = new DispatchRepository(unlocked.unit(desk.app.get(UnitOfWork)));
      const dispatches = desk.app.get(DispatchRepository);
      dispatches.lock = (id) => naive.lock(id);
      const both = new Together();
      dispatches.lockRoute = (id) => both.after(naive.lockRoute(id));
      const race = await givingRace(desk, both.begin);
      unlocked.expectFound();
      expectAllHeard(race);
    } finally {
      await desk.app.close();
    }
  }, 60_000);
});
