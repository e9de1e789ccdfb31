import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { fold, slugOf } from '../../../kernel/text/fold';
import { newId } from '../../../kernel/ids/ids';

/** A place in the tree of categories; its name is unique among its siblings, whatever the case and accents. */
@Entity({ schema: 'catalog', name: 'categories' })
export class Category {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'parent_id', nullable: true }) parentId: string | null;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  /** Its name in addresses, unique in the shop; a rename leaves it as it is. */
  @Column('text') slug: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  private formerSlug: string | null = null;

  /** @param slug wished; without one the name suggests it */
  static create(name: string, parentId: string | null, at: Date, slug?: string): Category {
    const category = Object.assign(new Category(), { id: newId(), parentId, createdAt: at });
    category.slug = slug ?? suggestedSlug(name);
    category.rename(name, at);
    return category;
  }

  /** Takes another name in addresses; the present one leads here from then on. */
  reslug(slug: string, at: Date): void {
    if (slug === this.slug) return;
    this.formerSlug = this.slug;
    this.slug = slug;
    this.updatedAt = at;
  }

  /** The slug that was left since the last call, or null. */
  pullFormerSlug(): string | null {
    const left = this.formerSlug;
    this.formerSlug = null;
    return left;
  }

  /** A suggested slug that is taken gets an ending. */
  endSlug(): void {
    this.slug = endedSlug(this.slug, this.id);
  }

  rename(name: string, at: Date): void {
    this.name = name.trim();
    this.nameKey = categoryKey(name);
    this.updatedAt = at;
  }

  moveTo(parentId: string | null, at: Date): void {
    this.parentId = parentId;
    this.updatedAt = at;
  }
}

/** What a name becomes in addresses; one of marks alone is a category like any other. */
export const suggestedSlug = (name: string): string => slugOf(name) || 'category';

/** A slug with an ending of its own. */
export const endedSlug = (slug: string, id: string): string => `${slug.slice(0, 110)}-${id.slice(-8)}`;

/** What makes two category names the same one; a name of marks alone stands for itself. */
export const categoryKey = (name: string): string => fold(name) || name.trim();

/** Between the names of a path of categories: "Food > Cheese". */
export const PATH_MARK = ' > ';

/** The names of a path, top first; empty when there is none. */
export const categoryPath = (text: string): string[] =>
  text
    .split(PATH_MARK)
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** What makes two paths the same one. */
export const pathKey = (path: readonly string[]): string => path.map(categoryKey).join(PATH_MARK);
