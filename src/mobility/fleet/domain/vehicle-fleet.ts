import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { fold } from '../../../kernel/text/fold';

/** Vehicles that are looked after together. */
@Entity({ schema: 'fleet', name: 'fleets' })
export class VehicleFleet {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('text', { nullable: true }) description: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(name: string, description: string | null, at: Date): VehicleFleet {
    const fleet = Object.assign(new VehicleFleet(), { id: newId(), createdAt: at });
    fleet.change({ name, description }, at);
    return fleet;
  }

  change({ name, description }: { name?: string; description?: string | null }, at: Date): void {
    if (name !== undefined) {
      this.name = name.trim();
      this.nameKey = fold(name) || name.trim();
    }
    if (description !== undefined) this.description = description;
    this.updatedAt = at;
  }
}
