import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { assignmentOverlaps } from '../domain/fleet.errors';
import type { AssignmentKind } from '../domain/assignment';

/** Who or what is with a vehicle, and when. */
export interface AssignmentRow {
  id: string;
  vehicleId: string;
  kind: AssignmentKind;
  subjectId: string;
  slot: number;
  from: Date;
  /** Null: until further notice. */
  until: Date | null;
}

const COLUMNS = `id, vehicle_id as "vehicleId", kind, subject_id as "subjectId", slot, lower(during) as "from", upper(during) as until`;
const COLUMN_OF: Record<AssignmentKind, string> = { driver: 'driver_id', trailer: 'trailer_id', device: 'tracker_id' };

/** Periods in which drivers, devices and trailers are with vehicles; the database keeps them from overlapping. */
@Injectable()
export class AssignmentRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /**
   * What time it is for periods: by the clock of the database, as for the timers at which they begin and end and for the
   * events that they follow. That of this process may be ahead of it or behind.
   * @param since a moment that has come
   */
  async now(since: Date | null = null): Promise<Date> {
    const now = await this.uow.current().present();
    return since && since > now ? since : now;
  }

  /** @throws AppError conflict `fleet.assignment-overlaps` */
  async insert(row: AssignmentRow & { note: string | null; by: string | null }): Promise<void> {
    const tx = this.uow.current();
    await apart(
      row.kind,
      tx.execute(
        `insert into fleet.assignments (tenant_id, id, vehicle_id, kind, ${COLUMN_OF[row.kind]}, slot, during, note, assigned_by, created_at)
         values ($1, $2, $3, $4, $5, $6, tstzrange($7, $8, '[)'), $9, $10, kernel.now())`,
        [tx.tenantId, row.id, row.vehicleId, row.kind, row.subjectId, row.slot, row.from, row.until, row.note, row.by],
      ),
    );
  }

  /** Unlocked: vehicles and what is with them are locked first. */
  async find(vehicleId: string, id: string): Promise<AssignmentRow | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<AssignmentRow>(
      `select ${COLUMNS} from fleet.assignments where tenant_id = $1 and vehicle_id = $2 and id = $3`,
      [tx.tenantId, vehicleId, id],
    );
    return row ?? null;
  }

  async lock(vehicleId: string, id: string): Promise<AssignmentRow | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<AssignmentRow>(
      `select ${COLUMNS} from fleet.assignments where tenant_id = $1 and vehicle_id = $2 and id = $3 for update`,
      [tx.tenantId, vehicleId, id],
    );
    return row ?? null;
  }

  /** @throws AppError conflict `fleet.assignment-overlaps` where it is made longer */
  async setEnd({ id, kind, from }: AssignmentRow, until: Date | null): Promise<void> {
    const tx = this.uow.current();
    await apart(
      kind,
      tx.execute(`update fleet.assignments set during = tstzrange($3, $4, '[)') where tenant_id = $1 and id = $2`, [
        tx.tenantId,
        id,
        from,
        until,
      ]),
    );
  }

  async remove(id: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute('delete from fleet.assignments where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  }

  /** Ends at a time everything that is with a vehicle, or that a vehicle or driver is part of; what would begin later goes. */
  async endAll(subject: { vehicleId: string } | { driverId: string }, at: Date): Promise<AssignmentRow[]> {
    const tx = this.uow.current();
    const mine = 'vehicleId' in subject ? '(vehicle_id = $2 or trailer_id = $2)' : 'driver_id = $2';
    const id = Object.values(subject)[0];
    await tx.execute(`delete from fleet.assignments where tenant_id = $1 and ${mine} and lower(during) >= $3`, [
      tx.tenantId,
      id,
      at,
    ]);
    return tx.query<AssignmentRow>(
      `update fleet.assignments set during = tstzrange(lower(during), $3, '[)')
       where tenant_id = $1 and ${mine} and (upper(during) is null or upper(during) > $3) returning ${COLUMNS}`,
      [tx.tenantId, id, at],
    );
  }

  async dropNotes(driverId: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      'update fleet.assignments set note = null where tenant_id = $1 and driver_id = $2 and note is not null',
      [tx.tenantId, driverId],
    );
  }

  /** Periods of trackers at a moment and after it: of this tracker, or in this vehicle; the earliest first, unlocked. */
  devicesFrom(subject: { trackerId: string } | { vehicleId: string }, at: Date): Promise<AssignmentRow[]> {
    const tx = this.uow.current();
    const column = 'trackerId' in subject ? 'subject_id' : 'vehicle_id';
    return tx.query<AssignmentRow>(
      `select ${COLUMNS} from fleet.assignments where tenant_id = $1 and ${column} = $2 and kind = 'device'
         and during && tstzrange($3, null) order by lower(during)`,
      [tx.tenantId, Object.values(subject)[0], at],
    );
  }

  /** When the last tracker left a vehicle, up to a moment; null where there was none. */
  async lastDeviceUntil(vehicleId: string, at: Date): Promise<Date | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ until: Date | null }>(
      `select max(upper(during)) as until from fleet.assignments where tenant_id = $1 and vehicle_id = $2 and kind = 'device'
         and upper(during) <= $3`,
      [tx.tenantId, vehicleId, at],
    );
    return row.until;
  }

  /** The vehicle that a tracker is in at a moment, with its fleet, which nobody changes until the commit; or null. */
  async vehicleOfTracker(trackerId: string, at: Date): Promise<{ vehicleId: string; fleetId: string | null } | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ vehicleId: string; fleetId: string | null }>(
      `select v.id as "vehicleId", v.fleet_id as "fleetId" from fleet.assignments a
       join fleet.vehicles v on v.tenant_id = a.tenant_id and v.id = a.vehicle_id
       where a.tenant_id = $1 and a.subject_id = $2 and a.kind = 'device' and a.during @> $3::timestamptz for share of v`,
      [tx.tenantId, trackerId, at],
    );
    return row ?? null;
  }

  /** The tracker that is in a vehicle at a moment, or null. */
  async trackerOfVehicle(vehicleId: string, at: Date): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ subject_id: string }>(
      `select subject_id from fleet.assignments
       where tenant_id = $1 and vehicle_id = $2 and kind = 'device' and during @> $3::timestamptz`,
      [tx.tenantId, vehicleId, at],
    );
    return row?.subject_id ?? null;
  }

  /** True where the user drives this vehicle now. */
  async drives(userId: string, vehicleId: string): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query(
      `select from fleet.assignments a join fleet.drivers d on d.tenant_id = a.tenant_id and d.id = a.driver_id
       where a.tenant_id = $1 and a.vehicle_id = $2 and d.user_id = $3 and d.active and a.during @> kernel.now()`,
      [tx.tenantId, vehicleId, userId],
    );
    return rows.length > 0;
  }
}

const EXCLUSION_VIOLATION = '23P01';

async function apart(kind: AssignmentKind, write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code !== EXCLUSION_VIOLATION) throw error;
    throw assignmentOverlaps(constraint === 'assignments_of_vehicle' ? 'vehicle' : 'subject', kind);
  }
}
