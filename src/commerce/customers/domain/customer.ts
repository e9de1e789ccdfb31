import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { fold } from '../../../kernel/text/fold';
import { CustomerCreated } from '../contracts/customer-events';
import { CustomerMerged } from '../contracts/customer-merged';
import { Address, addressData, sameAddress, type AddressData } from './address';
import { customerMerged, invalidEmail, mergeTwoAccounts } from './customers.errors';

export interface CustomerChange {
  email?: string | null;
  name?: string;
  company?: string | null;
  title?: string | null;
  phone?: string | null;
  externalRef?: string | null;
  userId?: string | null;
  /** All addresses, the usual one first. */
  addresses?: AddressData[];
}

export type CustomerSource = CustomerCreated['payload']['source'];

const EMAIL = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]{2,}$/;

/** What makes two spellings one address; the shop has one customer for it. @throws AppError invalid `customers.invalid-email` */
export function emailKey(email: string): string {
  const key = email.normalize('NFC').trim().toLowerCase();
  if (key.length > 254 || !EMAIL.test(key)) throw invalidEmail();
  return key;
}

/** A customer of one shop: known by e-mail, by the user behind it, or by the reference of another system. */
@Entity({ schema: 'customers', name: 'customers' })
export class Customer extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text', { nullable: true }) email: string | null;
  @Column('text', { name: 'email_key', nullable: true }) emailKey: string | null;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('text', { nullable: true }) company: string | null;
  /** Position of the person in the company. */
  @Column('text', { nullable: true }) title: string | null;
  @Column('text', { nullable: true }) phone: string | null;
  @Column('uuid', { name: 'user_id', nullable: true }) userId: string | null;
  @Column('text', { name: 'external_ref', nullable: true }) externalRef: string | null;
  @Column('text', { name: 'search_text' }) searchText: string;
  /** The customer that this one turned out to be; it has its things. */
  @Column('uuid', { name: 'merged_into', nullable: true }) mergedInto: string | null;
  @Column('timestamptz', { name: 'merged_at', nullable: true }) mergedAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** Not a column: the repository loads and stores the addresses with their customer. */
  addresses: Address[];

  static create(data: CustomerChange & { name: string }, source: CustomerSource, at: Date): Customer {
    const nothing = {
      email: null,
      emailKey: null,
      company: null,
      title: null,
      phone: null,
      userId: null,
      externalRef: null,
      mergedInto: null,
      mergedAt: null,
    };
    const customer = Object.assign(new Customer(), nothing, { id: newId(), createdAt: at, version: 0, addresses: [] });
    customer.apply(data, at);
    const { id, email, name, userId } = customer;
    customer.record(new CustomerCreated(id, { customerId: id, email, name, userId, source }, 1));
    return customer;
  }

  /** Changes what is named. @returns false when nothing is different. */
  change(change: CustomerChange, at: Date): boolean {
    const before = this.state();
    this.apply(change, at);
    return this.state() !== before;
  }

  /**
   * Takes what it lacks of another customer, which is no more from then on.
   * @returns what the other was found by and this one is not called by: it leads here
   * @throws AppError conflict `customers.customer-merged`, `customers.merge-two-accounts`
   */
  absorb(other: Customer, at: Date): { email: string | null; reference: string | null } {
    for (const one of [this, other]) if (one.mergedInto) throw customerMerged(one.mergedInto);
    if (this.userId && other.userId) throw mergeTwoAccounts();
    const left = {
      email: this.emailKey && other.emailKey,
      reference: this.externalRef && other.externalRef,
    };
    const known = this.addresses.map((address) => JSON.stringify(addressData(address)));
    const news = other.addresses.filter((address) => !known.includes(JSON.stringify(addressData(address))));
    const { email, company, title, phone, userId, externalRef } = other;
    const taken = { email, company, title, phone, userId, externalRef };
    Object.assign(other, { email: null, emailKey: null, userId: null, externalRef: null, addresses: [] });
    Object.assign(other, { mergedInto: this.id, mergedAt: at, updatedAt: at });
    this.apply(
      {
        email: this.email ?? taken.email,
        company: this.company ?? taken.company,
        title: this.title ?? taken.title,
        phone: this.phone ?? taken.phone,
        userId: this.userId ?? taken.userId,
        externalRef: this.externalRef ?? taken.externalRef,
        addresses: [...this.addresses, ...news].map(addressData),
      },
      at,
    );
    this.record(new CustomerMerged(this.id, { customerId: this.id, mergedId: other.id }, this.version + 1));
    return left;
  }

  private apply(change: CustomerChange, at: Date): void {
    if (change.email !== undefined) {
      this.email = change.email === null ? null : change.email.trim();
      this.emailKey = change.email === null ? null : emailKey(change.email);
    }
    if (change.name !== undefined) this.name = change.name.trim();
    if (change.company !== undefined) this.company = change.company;
    if (change.title !== undefined) this.title = change.title;
    if (change.phone !== undefined) this.phone = change.phone;
    if (change.userId !== undefined) this.userId = change.userId;
    if (change.externalRef !== undefined) this.externalRef = change.externalRef;
    if (change.addresses) {
      // An address that is as it was keeps its id.
      this.addresses = change.addresses.map((data, position) => {
        const old = this.addresses[position] as Address | undefined;
        return old && sameAddress(old, data) ? old : Address.of(this.id, position, data);
      });
    }
    this.nameKey = fold(this.name);
    this.searchText = fold(
      [this.name, this.company, this.email, this.externalRef, this.phone].filter(Boolean).join(' '),
    );
    this.updatedAt = at;
  }

  private state(): string {
    const { email, name, company, title, phone, userId, externalRef } = this;
    return JSON.stringify([email, name, company, title, phone, userId, externalRef, this.addresses.map(addressData)]);
  }
}
