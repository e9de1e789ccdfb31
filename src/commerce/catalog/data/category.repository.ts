import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { newId } from '../../../kernel/ids/ids';
import type { Transaction } from '../../../kernel/database/transaction';
import { categoryCycle, categoryInUse, categoryTaken, unknownCategory } from '../domain/catalog.errors';
import { Category, categoryKey } from '../domain/category';

@Injectable()
export class CategoryRepository {
  load(tx: Transaction, id: string): Promise<Category | null> {
    return tx.store.load(Category, id, { lock: 'no-key-update' });
  }

  /** @throws AppError conflict `catalog.category-taken`, invalid `catalog.unknown-category` */
  async save(tx: Transaction, category: Category): Promise<void> {
    try {
      await tx.store.save(category);
    } catch (error) {
      const { constraint } = error as { constraint?: string };
      if (constraint === 'categories_name') throw categoryTaken(category.name);
      if (constraint === 'categories_parent') throw unknownCategory('/parentId');
      throw error;
    }
  }

  /** @throws AppError conflict `catalog.category-in-use` */
  async remove(tx: Transaction, category: Category): Promise<void> {
    try {
      await tx.store.remove(category);
    } catch (error) {
      if ((error as { code?: string }).code === '23503') throw categoryInUse();
      throw error;
    }
  }

  /**
   * Refuses a parent that lies beneath the category. All categories are locked in id order first: two moves at once
   * could otherwise close a ring that neither sees.
   * @throws AppError conflict `catalog.category-cycle`, invalid `catalog.unknown-category`
   */
  async checkParent(tx: Transaction, id: string, parentId: string): Promise<void> {
    const rows = await tx.query<{ id: string; parent_id: string | null }>(
      `select id, parent_id from catalog.categories where tenant_id = $1 order by id for no key update`,
      [tx.tenantId],
    );
    const parents = new Map(rows.map((row) => [row.id, row.parent_id]));
    if (!parents.has(parentId)) throw unknownCategory('/parentId');
    for (let at: string | null = parentId; at; at = parents.get(at) ?? null) if (at === id) throw categoryCycle();
  }

  async exists(tx: Transaction, id: string): Promise<boolean> {
    return (await tx.store.load(Category, id, { lock: false })) !== null;
  }

  /** Ids of the top categories with these names, as `categoryKey` says; missing ones are made unless `create` is false. */
  async byNames(tx: Transaction, names: readonly string[], create = true): Promise<Map<string, string>> {
    const wanted = new Map(names.map((name) => [categoryKey(name), name.trim()]));
    const find = async (): Promise<Map<string, string>> => {
      const rows = await tx.query<{ id: string; name_key: string }>(
        `select id, name_key from catalog.categories where tenant_id = $1 and parent_id is null and name_key = any($2)`,
        [tx.tenantId, [...wanted.keys()]],
      );
      return new Map(rows.map((row) => [row.name_key, row.id]));
    };
    const found = wanted.size === 0 ? new Map<string, string>() : await find();
    const missing = [...wanted].filter(([key]) => !found.has(key)).sort(([a], [b]) => (a < b ? -1 : 1));
    if (missing.length === 0 || !create) return found;
    await tx.execute(
      `insert into catalog.categories (tenant_id, id, parent_id, name, name_key, version, created_at, updated_at)
       select $1, x.id, null, x.name, x.key, 1, $5, $5 from unnest($2::uuid[], $3::text[], $4::text[]) as x(id, name, key)
       on conflict do nothing`,
      [
        tx.tenantId,
        missing.map(() => newId()),
        missing.map(([, name]) => name),
        missing.map(([key]) => key),
        clock.now(),
      ],
    );
    return find();
  }
}
