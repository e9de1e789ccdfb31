import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { ChecklistItem, InspectionResult } from '../domain/inspection';

export interface Checklist {
  id: string;
  name: string;
  items: ChecklistItem[];
  /** ISO 4217, of work orders for what it finds. */
  currency: string;
  active: boolean;
}

/** Checklists, inspections by them, and defects. */
@Injectable()
export class InspectionRepository {
  constructor(private readonly uow: UnitOfWork) {}

  async checklist(id: string): Promise<Checklist | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Checklist>(
      'select id, name, items, currency, active from fleet.checklists where tenant_id = $1 and id = $2 for no key update',
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async saveChecklist({ id, name, items, currency, active }: Checklist): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.checklists (tenant_id, id, name, items, currency, active, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, kernel.now(), kernel.now())
       on conflict (tenant_id, id) do update set name = excluded.name, items = excluded.items, currency = excluded.currency,
         active = excluded.active, updated_at = excluded.updated_at`,
      [tx.tenantId, id, name, JSON.stringify(items), currency, active],
    );
  }

  async insert(inspection: {
    id: string;
    vehicleId: string;
    checklistId: string;
    by: string | null;
    at: Date;
    metres: number | null;
    results: (InspectionResult & { label: string })[];
    passed: boolean;
    note: string | null;
    workOrderId: string | null;
  }): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.inspections (tenant_id, id, vehicle_id, checklist_id, inspected_by, at, odometer_metres, results, passed, note,
         work_order_id, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, kernel.now())`,
      [
        tx.tenantId,
        inspection.id,
        inspection.vehicleId,
        inspection.checklistId,
        inspection.by,
        inspection.at,
        inspection.metres,
        JSON.stringify(inspection.results),
        inspection.passed,
        inspection.note,
        inspection.workOrderId,
      ],
    );
  }

  /** Keys of items that are known to be wrong with a vehicle. */
  async openDefects(vehicleId: string): Promise<Map<string, string>> {
    const tx = this.uow.current();
    const rows = await tx.query<{ key: string; order: string }>(
      `select item_key as key, work_order_id as "order" from fleet.defects where tenant_id = $1 and vehicle_id = $2 and state = 'open'`,
      [tx.tenantId, vehicleId],
    );
    return new Map(rows.map(({ key, order }) => [key, order]));
  }

  async insertDefects(
    about: { vehicleId: string; inspectionId: string; workOrderId: string },
    defects: { key: string; label: string; critical: boolean; note: string | null }[],
  ): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.defects (tenant_id, id, vehicle_id, inspection_id, work_order_id, item_key, label, critical, note, created_at)
       select $1, x.id, $2, $3, $4, x.key, x.label, x.critical, x.note, kernel.now()
       from json_to_recordset($5::json) as x(id uuid, key text, label text, critical boolean, note text)`,
      [
        tx.tenantId,
        about.vehicleId,
        about.inspectionId,
        about.workOrderId,
        JSON.stringify(defects.map((defect) => ({ id: newId(), ...defect }))),
      ],
    );
  }
}
