import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';

/** Equal for names that a reader would take for one: case, width and surplus blanks do not tell names apart. */
export const nameKey = (name: string): string => name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();

/** A group of members, to which rights and work can be given. Its name is unique in the organization. */
@Entity({ schema: 'organizations', name: 'teams' })
export class Team {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('text', { nullable: true }) description: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(facts: { name: string; description?: string | null }): Team {
    const team = Object.assign(new Team(), { id: newId(), description: facts.description ?? null });
    team.rename(facts.name);
    return team;
  }

  rename(name: string): void {
    this.name = name.trim();
    this.nameKey = nameKey(name);
  }
}
