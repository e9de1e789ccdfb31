import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { newId, newSecret } from '../../../kernel/ids/ids';
import { domainInvalid } from './organizations.errors';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOST = new RegExp(`^(?:${LABEL}\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`);
/** Names that never lead to a shop from outside (RFC 6761, RFC 6762, RFC 8375). */
const SPECIAL = /(?:^|\.)(?:localhost|local|invalid|onion|arpa|internal)$/;

/** Name of the TXT record that proves a domain. */
export const proofName = (host: string): string => `_mainstay.${host}`;
/** Text of that record. */
export const proofText = (token: string): string => `mainstay-domain=${token}`;

/** A host name in lower case and ASCII (IDNA), or an AppError that says what is wrong with it. */
export function canonicalHost(text: string, own: string): string {
  let host: string;
  try {
    host = new URL(`http://${text.trim().replace(/\.$/, '')}`).hostname;
  } catch {
    throw domainInvalid('a host name such as shop.example.org, without protocol, port or path');
  }
  if (/[/:?#@%\s]/.test(text.trim()) || host.length > 253 || !HOST.test(host))
    throw domainInvalid('a host name such as shop.example.org, without protocol, port or path');
  if (SPECIAL.test(host)) throw domainInvalid('a name that others can look up');
  if (host === own || host.endsWith(`.${own}`)) throw domainInvalid('a domain of yours, not of this installation');
  return host;
}

/** A domain that an organization claims. It leads to the organization only once a TXT record has proven it. */
@Entity({ schema: 'organizations', name: 'domains' })
export class DomainName {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') host: string;
  @Column('text', { name: 'proof_token' }) proofToken: string;
  @Column('text') state: 'pending' | 'verified' | 'failed';
  /** Links in mails use the primary one. */
  @Column('boolean', { name: 'is_primary' }) isPrimary: boolean;
  @Column('timestamptz', { name: 'checked_at', nullable: true }) checkedAt: Date | null;
  @Column('timestamptz', { name: 'verified_at', nullable: true }) verifiedAt: Date | null;
  /** Why the last look-up did not prove it. */
  @Column('text', { nullable: true }) fault: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  static claim(host: string): DomainName {
    return Object.assign(new DomainName(), {
      id: newId(),
      host,
      proofToken: newSecret(18),
      state: 'pending',
      isPrimary: false,
      checkedAt: null,
      verifiedAt: null,
      fault: null,
    });
  }

  prove(now: Date): void {
    this.state = 'verified';
    this.checkedAt = now;
    this.verifiedAt ??= now;
    this.fault = null;
  }

  /** The look-up proved nothing; a domain that was proven before stays so. */
  doubt(fault: string, now: Date): void {
    this.checkedAt = now;
    this.fault = fault;
    if (this.state !== 'verified') this.state = 'failed';
  }
}
