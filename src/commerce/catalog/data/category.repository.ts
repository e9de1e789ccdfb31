import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { newId } from '../../../kernel/ids/ids';
import type { Transaction } from '../../../kernel/database/transaction';
import { categoryCycle, categoryInUse, categoryTaken, unknownCategory } from '../domain/catalog.errors';
import { Category, categoryKey, categoryPath, pathKey } from '../domain/category';

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

  /**
   * Ids of the categories with these paths ("Food > Cheese"), by `pathKey`. Missing ones are made unless `create` is
   * false. Two statements a level, whatever the number of paths.
   */
  async byPaths(tx: Transaction, texts: Iterable<string>, create = true): Promise<Map<string, string>> {
    const paths = [...new Set(texts)].map(categoryPath).filter((path) => path.length > 0);
    const ids = new Map<string, string>();
    const depth = Math.max(0, ...paths.map((path) => path.length));
    for (let level = 1; level <= depth; level++) {
      const nodes = new Map<string, PathNode>();
      for (const path of paths) {
        if (path.length < level) continue;
        const parentId = level === 1 ? null : ids.get(pathKey(path.slice(0, level - 1)));
        const name = path[level - 1];
        if (parentId !== undefined)
          nodes.set(pathKey(path.slice(0, level)), { parentId, name, key: categoryKey(name) });
      }
      for (const [key, id] of await this.level(tx, nodes, create)) ids.set(key, id);
    }
    return ids;
  }

  private async level(tx: Transaction, nodes: Map<string, PathNode>, create: boolean): Promise<Map<string, string>> {
    const find = async (): Promise<Map<string, string>> => {
      const list = [...nodes.values()];
      const rows = await tx.query<{ id: string; parent_id: string | null; name_key: string }>(
        `select c.id, c.parent_id, c.name_key from unnest($2::uuid[], $3::text[]) as x(parent_id, key)
         join catalog.categories c on c.tenant_id = $1 and c.parent_id is not distinct from x.parent_id and c.name_key = x.key`,
        [tx.tenantId, list.map((node) => node.parentId), list.map((node) => node.key)],
      );
      const byNode = new Map(rows.map((row) => [`${row.parent_id}:${row.name_key}`, row.id]));
      const found = new Map<string, string>();
      for (const [path, node] of nodes) {
        const id = byNode.get(`${node.parentId}:${node.key}`);
        if (id) found.set(path, id);
      }
      return found;
    };
    const found = await find();
    const missing = [...nodes].filter(([path]) => !found.has(path)).map(([, node]) => node);
    if (missing.length === 0 || !create) return found;
    // In the order of their keys: two imports at once wait for each other's new categories in the same order.
    missing.sort((a, b) => (a.key < b.key ? -1 : 1));
    await tx.execute(
      `insert into catalog.categories (tenant_id, id, parent_id, name, name_key, version, created_at, updated_at)
       select $1, x.id, x.parent_id, x.name, x.key, 1, $6, $6
       from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) as x(id, parent_id, name, key) on conflict do nothing`,
      [
        tx.tenantId,
        missing.map(() => newId()),
        missing.map((node) => node.parentId),
        missing.map((node) => node.name.slice(0, 120)),
        missing.map((node) => node.key),
        clock.now(),
      ],
    );
    return find();
  }
}

interface PathNode {
  parentId: string | null;
  name: string;
  key: string;
}
