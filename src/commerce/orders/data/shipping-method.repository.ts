import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { ShippingMethod } from '../domain/shipping';

/** What a shop says of a method. */
export type MethodTerms = Omit<ShippingMethod, 'id'> & { active: boolean };

/** The methods that a cart `c` may be shipped by. */
export const CART_METHODS = `(select json_agg(json_build_object('id', m.id, 'name', m.name, 'position', m.position, 'currency', m.currency,
    'rateBy', m.rate_by, 'zones', m.zones) order by m.position, m.id)
  from orders.shipping_methods m where m.tenant_id = c.tenant_id and m.active) as methods`;

/** Stores shipping methods. */
@Injectable()
export class ShippingMethodRepository {
  constructor(private readonly uow: UnitOfWork) {}

  async insert(terms: MethodTerms): Promise<string> {
    const tx = this.uow.current();
    const id = newId();
    await tx.execute(
      `insert into orders.shipping_methods (tenant_id, id, name, active, position, currency, rate_by, zones, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, kernel.now(), kernel.now())`,
      [
        tx.tenantId,
        id,
        terms.name,
        terms.active,
        terms.position,
        terms.currency,
        terms.rateBy,
        JSON.stringify(terms.zones),
      ],
    );
    return id;
  }

  /** An active method as pricing needs it; null where the shop ships so no more. */
  async offered(id: string): Promise<ShippingMethod | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<ShippingMethod>(
      `select id, name, position, currency, rate_by as "rateBy", zones from orders.shipping_methods
       where tenant_id = $1 and id = $2 and active`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  /** A method, locked; null when the shop has none with this id. */
  async lock(id: string): Promise<(MethodTerms & { version: number }) | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<MethodTerms & { version: number }>(
      `select name, active, position, currency, rate_by as "rateBy", zones, version from orders.shipping_methods
       where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async update(id: string, terms: MethodTerms): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update orders.shipping_methods set name = $3, active = $4, position = $5, rate_by = $6, zones = $7,
         version = version + 1, updated_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, terms.name, terms.active, terms.position, terms.rateBy, JSON.stringify(terms.zones)],
    );
  }
}
