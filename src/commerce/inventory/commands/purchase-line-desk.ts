import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindVariantsBySkuQuery } from '../../catalog/contracts/find-variants-by-sku';
import { SupplierRepository } from '../data/supplier.repository';
import { unknownSkus } from '../domain/inventory.errors';
import type { PurchaseLine } from '../domain/purchase-order';
import { costUnknown, orderQuantity } from '../domain/purchasing.errors';

/** A line of a purchase order as it is asked for. */
export interface WantedLine {
  sku: string;
  quantity: number;
  /** A piece, in minor units of the supplier's currency; default what the supplier's item says. */
  unitCost?: number;
  expectedAt?: Date | null;
}

/** Writes out lines of purchase orders: names from the catalog, costs and numbers of the supplier. */
@Injectable()
export class PurchaseLineDesk {
  constructor(
    private readonly queries: QueryBus,
    private readonly suppliers: SupplierRepository,
  ) {}

  /** @throws AppError invalid `inventory.unknown-sku`, `inventory.cost-unknown`, `inventory.order-quantity` */
  async write(supplierId: string, lines: readonly WantedLine[]): Promise<Omit<PurchaseLine, 'id' | 'received'>[]> {
    const skus = [...new Set(lines.map(({ sku }) => sku))];
    const variants = await this.queries.execute(new FindVariantsBySkuQuery({ skus }));
    // Nobody delivers a set that the shop itself puts together.
    const known = new Map(variants.filter(({ components }) => components === null).map((one) => [one.sku, one]));
    const items = await this.suppliers.items(supplierId, skus);
    const at = lines.map((line, index) => ({ ...line, item: items.get(line.sku), pointer: `/lines/${index}` }));
    const unknown = at.filter(({ sku }) => !known.has(sku));
    if (unknown.length > 0) throw unknownSkus(unknown.map(({ pointer, sku }) => ({ pointer: `${pointer}/sku`, sku })));
    const free = at.filter(({ unitCost, item }) => unitCost === undefined && !item);
    if (free.length > 0) throw costUnknown(free.map(({ pointer, sku }) => ({ pointer: `${pointer}/unitCost`, sku })));
    const odd = at.filter(
      ({ quantity, item }) => item && (quantity < item.minQuantity || quantity % item.packSize !== 0),
    );
    if (odd.length > 0)
      throw orderQuantity(
        odd.map(({ pointer, sku, item }) => ({
          pointer: `${pointer}/quantity`,
          sku,
          minQuantity: item!.minQuantity,
          packSize: item!.packSize,
        })),
      );
    return at.map(({ sku, quantity, unitCost, expectedAt, item }) => {
      const { productName, name } = known.get(sku)!;
      return {
        sku,
        supplierSku: item?.supplierSku ?? null,
        name: name === null ? productName : `${productName} – ${name}`,
        quantity,
        unitCost: unitCost ?? item!.unitCost,
        expectedAt: expectedAt ?? null,
      };
    });
  }
}
