import { Column, Entity, PrimaryColumn } from 'typeorm';
import { addressFaults } from '../../../kernel/text/postal-address';
import { newId } from '../../../kernel/ids/ids';
import { addressInvalid } from './customers.errors';

/** An address as it is given; what is absent is null. */
export interface AddressData {
  name: string | null;
  line1: string;
  line2: string | null;
  city: string;
  region: string | null;
  postalCode: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
  phone: string | null;
}

/** One address of a customer; the one at position 0 is the usual one. */
@Entity({ schema: 'customers', name: 'addresses' })
export class Address implements AddressData {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'customer_id' }) customerId: string;
  @Column('int') position: number;
  @Column('text', { nullable: true }) name: string | null;
  @Column('text') line1: string;
  @Column('text', { nullable: true }) line2: string | null;
  @Column('text') city: string;
  @Column('text', { nullable: true }) region: string | null;
  @Column('text', { name: 'postal_code', nullable: true }) postalCode: string | null;
  @Column('char', { length: 2, nullable: true }) country: string | null;
  @Column('text', { nullable: true }) phone: string | null;

  static of(customerId: string, position: number, data: AddressData): Address {
    return Object.assign(new Address(), { id: newId(), customerId, position, ...addressData(data) });
  }
}

/** Exactly the fields of an address, absent ones as null. */
export const addressData = (it: Partial<AddressData> & Pick<AddressData, 'line1' | 'city'>): AddressData => ({
  name: it.name ?? null,
  line1: it.line1,
  line2: it.line2 ?? null,
  city: it.city,
  region: it.region ?? null,
  postalCode: it.postalCode ?? null,
  country: it.country ?? null,
  phone: it.phone ?? null,
});

export const sameAddress = (a: AddressData, b: AddressData): boolean =>
  JSON.stringify(addressData(a)) === JSON.stringify(addressData(b));

/**
 * Asserts that new addresses are such as their country has them; one that is there already stays as it is, and one whose
 * country nobody said is not judged.
 * @throws AppError invalid `customers.address-invalid`, every fault with its place
 */
export function demandAddresses(addresses: readonly AddressData[] | undefined, known: readonly AddressData[]): void {
  const faults = (addresses ?? []).flatMap((address, at) =>
    address.country === null || known.some((it) => sameAddress(it, address))
      ? []
      : addressFaults({ ...address, name: address.name ?? '-' }).map(({ member, code, detail }) => ({
          pointer: `/addresses/${at}/${member}`,
          code,
          detail,
        })),
  );
  if (faults.length > 0) throw addressInvalid(faults);
}
