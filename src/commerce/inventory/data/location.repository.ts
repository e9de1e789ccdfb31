import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';

/** Locations as commands need them. */
@Injectable()
export class LocationRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The active ones among these ids. */
  async active(ids: readonly string[]): Promise<Set<string>> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `select id from inventory.locations where tenant_id = $1 and id = any($2::uuid[]) and active`,
      [tx.tenantId, ids],
    );
    return new Set(rows.map((row) => row.id));
  }

  /** The shop's default location; made on first use. */
  async defaultId(): Promise<string> {
    const tx = this.uow.current();
    const find = `select id from inventory.locations where tenant_id = $1 and is_default`;
    const found = await tx.query<{ id: string }>(find, [tx.tenantId]);
    if (found.length > 0) return found[0].id;
    await tx.execute(
      `insert into inventory.locations (tenant_id, id, code, name, is_default, created_at)
       values ($1, $2, 'main', 'Main location', true, kernel.now()) on conflict do nothing`,
      [tx.tenantId, newId()],
    );
    return (await tx.query<{ id: string }>(find, [tx.tenantId]))[0].id;
  }
}
