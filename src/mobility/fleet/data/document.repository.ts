import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { FleetDocument } from '../domain/document';

const COLUMNS = `id, vehicle_id as "vehicleId", driver_id as "driverId", type, number, issued_on::text as "issuedOn",
  expires_on::text as "expiresOn", warn_days as "warnDays", file_id as "fileId", note, revision, warned_at as "warnedAt",
  expired_at as "expiredAt"`;

/** Licences and other papers of vehicles and drivers. */
@Injectable()
export class DocumentRepository {
  constructor(private readonly uow: UnitOfWork) {}

  async lock(id: string): Promise<FleetDocument | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<FleetDocument>(
      `select ${COLUMNS} from fleet.documents where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async insert(document: FleetDocument): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.documents (tenant_id, id, vehicle_id, driver_id, type, number, issued_on, expires_on, warn_days, file_id, note,
         revision, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, kernel.now(), kernel.now())`,
      [tx.tenantId, ...valuesOf(document), document.revision],
    );
  }

  async update(document: FleetDocument): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.documents set vehicle_id = $3, driver_id = $4, type = $5, number = $6, issued_on = $7, expires_on = $8,
         warn_days = $9, file_id = $10, note = $11, revision = $12, warned_at = $13, expired_at = $14, updated_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, ...valuesOf(document), document.revision, document.warnedAt, document.expiredAt],
    );
  }

  /** @returns ids of those that had a scan */
  async removeOfDriver(driverId: string): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string; fileId: string | null }>(
      'delete from fleet.documents where tenant_id = $1 and driver_id = $2 returning id, file_id as "fileId"',
      [tx.tenantId, driverId],
    );
    return rows.flatMap(({ id, fileId }) => (fileId ? [id] : [])).sort();
  }

  async remove(id: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute('delete from fleet.documents where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  }
}

const valuesOf = (document: FleetDocument): unknown[] => [
  document.id,
  document.vehicleId,
  document.driverId,
  document.type,
  document.number,
  document.issuedOn,
  document.expiresOn,
  document.warnDays,
  document.fileId,
  document.note,
];
