import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { fold } from '../../../kernel/text/fold';

export interface DriverChange {
  name?: string;
  userId?: string | null;
  email?: string | null;
  phone?: string | null;
  employeeNumber?: string | null;
  licenceClasses?: string[];
  active?: boolean;
}

/** Who drives; a user of the organization perhaps, who then sees what is its own. */
@Entity({ schema: 'fleet', name: 'drivers' })
export class Driver {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('uuid', { name: 'user_id', nullable: true }) userId: string | null;
  @Column('text', { nullable: true }) email: string | null;
  @Column('text', { nullable: true }) phone: string | null;
  @Column('text', { name: 'employee_number', nullable: true }) employeeNumber: string | null;
  @Column('text', { name: 'licence_classes', array: true }) licenceClasses: string[];
  @Column('boolean') active: boolean;
  /** Who it was is not known any more. */
  @Column('timestamptz', { name: 'forgotten_at', nullable: true }) forgottenAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(data: DriverChange & { name: string }, at: Date): Driver {
    const nothing = { userId: null, email: null, phone: null, employeeNumber: null, licenceClasses: [], active: true };
    const driver = Object.assign(new Driver(), nothing, { id: newId(), forgottenAt: null, createdAt: at });
    driver.change(data, at);
    return driver;
  }

  change({ name, ...rest }: DriverChange, at: Date): void {
    if (name !== undefined) {
      this.name = name.trim();
      this.nameKey = fold(name) || name.trim();
    }
    Object.assign(this, Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)));
    this.updatedAt = at;
  }

  /** Keeps nothing of who it is. */
  forget(at: Date): void {
    const nothing = { userId: null, email: null, phone: null, employeeNumber: null, licenceClasses: [], active: false };
    this.change({ name: 'Former driver', ...nothing }, at);
    this.forgottenAt = at;
  }
}
