import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { newId } from '../../../kernel/ids/ids';
import type { Transaction } from '../../../kernel/database/transaction';
import { categoryCycle, categoryInUse, categoryTaken, slugTaken, unknownCategory } from '../domain/catalog.errors';
import { Category, categoryKey, categoryPath, endedSlug, pathKey, suggestedSlug } from '../domain/category';

/** Times that missing categories are made anew where others take their slugs. */
const MOST_ATTEMPTS = 3;

@Injectable()
export class CategoryRepository {
  load(tx: Transaction, id: string): Promise<Category | null> {
    return tx.store.load(Category, id, { lock: 'no-key-update' });
  }

  /**
   * Stores a new category; a slug that was only suggested by the name gets an ending where it is taken.
   * @throws as `save`
   */
  async insert(tx: Transaction, category: Category, slugIsWished: boolean): Promise<void> {
    // Of two that come at once under one name, the second sees the slug of the first.
    tx.later(`select pg_advisory_xact_lock(hashtextextended('catalog.slug ' || $1::text || $2::text, 0))`, [
      tx.tenantId,
      category.slug,
    ]);
    if (!slugIsWished && (await this.takenSlugs(tx, [category.slug])).size > 0) category.endSlug();
    await this.save(tx, category);
    await this.takeSlugs(tx, [category.slug]);
  }

  /** @throws AppError conflict `catalog.category-taken`, `catalog.slug-taken`, invalid `catalog.unknown-category` */
  async save(tx: Transaction, category: Category): Promise<void> {
    const left = category.pullFormerSlug();
    try {
      await tx.store.save(category);
    } catch (error) {
      const { constraint } = error as { constraint?: string };
      if (constraint === 'categories_name') throw categoryTaken(category.name);
      if (constraint === 'categories_slug') throw slugTaken(category.slug);
      if (constraint === 'categories_parent') throw unknownCategory('/parentId');
      throw error;
    }
    if (left === null) return;
    await this.takeSlugs(tx, [category.slug]);
    await tx.execute(
      `insert into catalog.former_slugs (tenant_id, id, slug, category_id, left_at) values ($1, $2, $3, $4, $5)
       on conflict on constraint former_slugs_once do update set category_id = excluded.category_id, left_at = excluded.left_at`,
      [tx.tenantId, newId(), left, category.id, category.updatedAt],
    );
  }

  private async takenSlugs(tx: Transaction, slugs: string[]): Promise<Set<string>> {
    const rows = await tx.query<{ slug: string }>(
      'select slug from catalog.categories where tenant_id = $1 and slug = any($2)',
      [tx.tenantId, slugs],
    );
    return new Set(rows.map(({ slug }) => slug));
  }

  /** A slug that a category has leads to it, not to the one that had it before. */
  private async takeSlugs(tx: Transaction, slugs: string[]): Promise<void> {
    await tx.execute('delete from catalog.former_slugs where tenant_id = $1 and slug = any($2)', [tx.tenantId, slugs]);
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

  private async level(
    tx: Transaction,
    nodes: Map<string, PathNode>,
    create: boolean,
    attempt = 1,
  ): Promise<Map<string, string>> {
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
    const ids = missing.map(() => newId());
    const taken = await this.takenSlugs(
      tx,
      missing.map((node) => suggestedSlug(node.name)),
    );
    const slugs = missing.map((node, i) => {
      const slug = suggestedSlug(node.name);
      const free = taken.has(slug) ? endedSlug(slug, ids[i]) : slug;
      taken.add(slug);
      return free;
    });
    await this.takeSlugs(tx, slugs);
    await tx.execute(
      `insert into catalog.categories (tenant_id, id, parent_id, name, name_key, slug, version, created_at, updated_at)
       select $1, x.id, x.parent_id, x.name, x.key, x.slug, 1, $6, $6
       from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $7::text[]) as x(id, parent_id, name, key, slug) on conflict do nothing`,
      [
        tx.tenantId,
        ids,
        missing.map((node) => node.parentId),
        missing.map((node) => node.name.slice(0, 120)),
        missing.map((node) => node.key),
        clock.now(),
        slugs,
      ],
    );
    const made = await find();
    // Somebody took a slug between the look and the insert: now it is seen, and the name gets another one.
    return made.size < nodes.size && attempt < MOST_ATTEMPTS ? this.level(tx, nodes, create, attempt + 1) : made;
  }
}

interface PathNode {
  parentId: string | null;
  name: string;
  key: string;
}
