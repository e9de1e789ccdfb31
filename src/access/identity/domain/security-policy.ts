import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import type { SecurityPolicy } from '../contracts/security-policy';
import { mfaSection } from './mfa-section.policy';
import { passwordSection } from './password-section.policy';
import { sessionSection } from './session-section.policy';

/** A value that a section cannot have; `field` is its name within the section. */
export interface SectionFault {
  field: string;
  detail: string;
}

/** One part of the security settings. What is stored is only what an organization changed. */
export interface PolicySection<Rules extends object> {
  /** The rules in force: what is stored, over the defaults. */
  resolve(stored: Partial<Rules>): Rules;
  /** What is wrong with settings; empty when they hold together. */
  faults(stored: Partial<Rules>): SectionFault[];
}

export type StoredPolicy = { [Name in keyof SecurityPolicy]: Partial<SecurityPolicy[Name]> };
export type SectionName = keyof SecurityPolicy;

const SECTIONS: { [Name in SectionName]: PolicySection<SecurityPolicy[Name]> } = {
  password: passwordSection,
  mfa: mfaSection,
  sessions: sessionSection,
};

/** The settings in force for what an organization stored, or did not. */
export const resolvePolicy = (stored: Partial<StoredPolicy> = {}): SecurityPolicy => ({
  password: SECTIONS.password.resolve(stored.password ?? {}),
  mfa: SECTIONS.mfa.resolve(stored.mfa ?? {}),
  sessions: SECTIONS.sessions.resolve(stored.sessions ?? {}),
});

/** What holds where no organization says otherwise. */
export const DEFAULT_POLICY: SecurityPolicy = resolvePolicy();

/** The security settings of an organization, each section with the values that it changed. */
@Entity({ schema: 'identity', name: 'security_policies' })
export class StoredSecurityPolicy implements StoredPolicy {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  /** The tenant's id. */
  @PrimaryColumn('uuid') id: string;
  @Column('jsonb') password: StoredPolicy['password'];
  @Column('jsonb') mfa: StoredPolicy['mfa'];
  @Column('jsonb') sessions: StoredPolicy['sessions'];
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** Merges changes into a section; null takes a value back to its default. @returns what does not hold together */
  change<Name extends SectionName>(
    name: Name,
    changes: { [Field in keyof SecurityPolicy[Name]]?: SecurityPolicy[Name][Field] | null },
  ): SectionFault[] {
    // A field that was not sent is undefined in the body's class: it changes nothing.
    const sent = Object.entries(changes).filter(([, value]) => value !== undefined);
    const merged = Object.entries({ ...this[name], ...Object.fromEntries(sent) });
    const kept = Object.fromEntries(merged.filter(([, value]) => value !== null));
    const section = SECTIONS[name] as PolicySection<object>;
    const faults = section.faults(kept);
    if (faults.length === 0) Object.assign(this, { [name]: kept });
    return faults;
  }
}
