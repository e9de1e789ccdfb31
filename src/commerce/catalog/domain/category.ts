import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { fold } from '../../../kernel/text/fold';
import { newId } from '../../../kernel/ids/ids';

/** A place in the tree of categories; its name is unique among its siblings, whatever the case and accents. */
@Entity({ schema: 'catalog', name: 'categories' })
export class Category {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'parent_id', nullable: true }) parentId: string | null;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(name: string, parentId: string | null, at: Date): Category {
    const category = Object.assign(new Category(), { id: newId(), parentId, createdAt: at });
    category.rename(name, at);
    return category;
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
