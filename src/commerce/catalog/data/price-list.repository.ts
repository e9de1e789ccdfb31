import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { priceListTaken, unknownSkus } from '../domain/catalog.errors';
import { PriceList, type PriceStep } from '../domain/price-list';
import { PriceChanges, type PriceChangeNote } from './price-changes';

interface KnownStep {
  variantId: string;
  sku: string;
  minQuantity: number | null;
  amount: number | null;
}

@Injectable()
export class PriceListRepository {
  constructor(private readonly changes: PriceChanges) {}

  load(tx: Transaction, id: string): Promise<PriceList | null> {
    return tx.store.load(PriceList, id, { lock: 'no-key-update' });
  }

  /** @throws AppError conflict `catalog.price-list-taken` */
  async save(tx: Transaction, list: PriceList): Promise<void> {
    try {
      await tx.store.save(list);
    } catch (error) {
      if ((error as { constraint?: string }).constraint === 'price_lists_name') throw priceListTaken(list.name);
      throw error;
    }
  }

  /** Removes a list with its prices, which go into the history. */
  async remove(tx: Transaction, list: PriceList): Promise<void> {
    const steps = await tx.query<{ variantId: string; minQuantity: number; amount: number }>(
      `delete from catalog.list_prices where tenant_id = $1 and list_id = $2
       returning variant_id as "variantId", min_quantity as "minQuantity", amount`,
      [tx.tenantId, list.id],
    );
    const { currency } = list;
    await this.changes.note(
      tx,
      steps.map(({ variantId, minQuantity, amount }) => ({
        variantId,
        list,
        minQuantity,
        before: { amount, currency },
        after: null,
      })),
    );
    await tx.store.remove(list);
  }

  /**
   * Sets and takes away steps of a locked list; what is as it was stays untouched.
   * @returns how many steps are different now
   * @throws AppError invalid `catalog.unknown-sku`
   */
  async setSteps(tx: Transaction, list: PriceList, steps: readonly PriceStep[]): Promise<number> {
    const known = await tx.query<KnownStep>(
      `select v.id as "variantId", v.sku, p.min_quantity as "minQuantity", p.amount from catalog.variants v
       left join catalog.list_prices p on p.tenant_id = v.tenant_id and p.variant_id = v.id and p.list_id = $3
       where v.tenant_id = $1 and v.sku = any($2)`,
      [tx.tenantId, steps.map((step) => step.sku), list.id],
    );
    const variants = new Map(known.map((row) => [row.sku, row.variantId]));
    const amounts = new Map(known.map((row) => [`${row.minQuantity} ${row.sku}`, row.amount]));
    const unknown = steps.flatMap(({ sku }, i) => (variants.has(sku) ? [] : [{ pointer: `/prices/${i}/sku`, sku }]));
    if (unknown.length > 0) throw unknownSkus(unknown);
    const money = (amount: number | null): PriceChangeNote['before'] =>
      amount === null ? null : { amount, currency: list.currency };
    const notes = steps
      .map(({ sku, minQuantity, amount }) => ({
        variantId: variants.get(sku)!,
        list,
        minQuantity,
        before: money(amounts.get(`${minQuantity} ${sku}`) ?? null),
        after: money(amount),
      }))
      .filter(({ before, after }) => before?.amount !== after?.amount);
    const gone = notes.filter(({ after }) => after === null);
    await this.upsert(
      tx,
      list.id,
      notes.filter(({ after }) => after !== null),
    );
    if (gone.length > 0)
      await tx.execute(
        `delete from catalog.list_prices p using unnest($3::uuid[], $4::int[]) as x(variant_id, min_quantity)
         where p.tenant_id = $1 and p.list_id = $2 and p.variant_id = x.variant_id and p.min_quantity = x.min_quantity`,
        [tx.tenantId, list.id, gone.map((it) => it.variantId), gone.map((it) => it.minQuantity)],
      );
    await this.changes.note(tx, notes);
    return notes.length;
  }

  private async upsert(tx: Transaction, listId: string, steps: readonly PriceChangeNote[]): Promise<void> {
    if (steps.length === 0) return;
    await tx.execute(
      `insert into catalog.list_prices (tenant_id, list_id, id, variant_id, min_quantity, amount, created_at, updated_at)
       select $1, $2, x.id, x.variant_id, x.min_quantity, x.amount, $7, $7
       from unnest($3::uuid[], $4::uuid[], $5::int[], $6::bigint[]) as x(id, variant_id, min_quantity, amount)
       on conflict on constraint list_prices_step do update set amount = excluded.amount, updated_at = excluded.updated_at`,
      [
        tx.tenantId,
        listId,
        steps.map(() => newId()),
        steps.map((it) => it.variantId),
        steps.map((it) => it.minQuantity),
        steps.map((it) => it.after!.amount),
        clock.now(),
      ],
    );
  }
}
