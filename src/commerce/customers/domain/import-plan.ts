import { emptyOutcome, type ImportOutcome } from '../../../kernel/tabular/import-report';
import type { CustomerRow } from '../contracts/import-customers';
import { addressData, type AddressData } from './address';
import { Customer, emailKey, type CustomerChange } from './customer';

export interface ImportPlan {
  outcome: ImportOutcome;
  created: Customer[];
  changed: Customer[];
}

/** Customers that a reference or address of a batch names, and those of them that merged ones had. */
export interface KnownCustomers {
  customers: Customer[];
  former: { kind: 'email' | 'reference'; key: string; customer: Customer }[];
}

/** Decides what an import writes. */
export function planImport(
  rows: readonly CustomerRow[],
  { customers: known, former }: KnownCustomers,
  at: Date,
): ImportPlan {
  const plan: ImportPlan = { outcome: emptyOutcome(), created: [], changed: [] };
  const byRef = new Map(known.flatMap((it) => (it.externalRef ? [[it.externalRef, it] as const] : [])));
  const byEmail = new Map(known.flatMap((it) => (it.emailKey ? [[it.emailKey, it] as const] : [])));
  for (const { kind, key, customer } of former) {
    const index = kind === 'email' ? byEmail : byRef;
    if (!index.has(key)) index.set(key, customer);
  }
  const leads = new Set(former.map(({ kind, key }) => `${kind}:${key}`));
  const lines = new Map<string, number>();
  for (const row of rows) {
    const { line } = row;
    const refuse = (column: string, code: string, reason: string): void =>
      void plan.outcome.faults.push({ line, column, code, reason });
    const key = row.email ? emailKey(row.email) : null;
    if (!row.externalRef && !key) {
      refuse('externalRef', 'required', 'A customer needs an external reference or an e-mail address.');
      continue;
    }
    const marks: [string, string | null | undefined][] = [
      ['externalRef', row.externalRef],
      ['email', key],
    ];
    const twin = marks.find(([column, mark]) => mark && lines.has(`${column}:${mark}`));
    if (twin) {
      refuse(twin[0], 'duplicate', `Line ${lines.get(`${twin[0]}:${twin[1]}`)} is the same customer.`);
      continue;
    }
    const [ofRef, ofEmail] = [
      row.externalRef ? byRef.get(row.externalRef) : undefined,
      key ? byEmail.get(key) : undefined,
    ];
    if (ofRef && ofEmail && ofRef !== ofEmail) {
      refuse('email', 'taken', 'Another customer of the shop has this e-mail address.');
      continue;
    }
    const customer = ofRef ?? ofEmail;
    const merged = customer && lines.get(`id:${customer.id}`);
    if (merged !== undefined) {
      refuse('*', 'duplicate', `Line ${merged} is the same customer: both were merged.`);
      continue;
    }
    if (!ofRef && ofEmail?.externalRef && row.externalRef) {
      refuse('externalRef', 'taken', 'The customer with this e-mail address has another external reference.');
      continue;
    }
    for (const [column, mark] of marks) if (mark) lines.set(`${column}:${mark}`, line);
    if (customer) lines.set(`id:${customer.id}`, line);
    decide(row, customer, plan, at, leads);
  }
  return plan;
}

function decide(
  row: CustomerRow,
  customer: Customer | undefined,
  plan: ImportPlan,
  at: Date,
  leads: ReadonlySet<string>,
): void {
  const address = addressOf(row, customer?.addresses[0]);
  const change: CustomerChange & { name: string } = {
    name: row.name,
    // Neither mark is cleared by an empty cell: the customer would not be found again.
    // Nor does one that a merged customer had take the place of the present one.
    email: row.email && !leads.has(`email:${emailKey(row.email)}`) ? row.email : undefined,
    externalRef: row.externalRef && !leads.has(`reference:${row.externalRef}`) ? row.externalRef : undefined,
    company: row.company,
    title: row.title,
    phone: row.phone,
  };
  if (!customer) {
    plan.created.push(Customer.create({ ...change, addresses: address ? [address] : [] }, 'import', at));
    plan.outcome.created += 1;
    return;
  }
  if (address) change.addresses = [address, ...customer.addresses.slice(1)];
  if (customer.change(change, at)) {
    plan.changed.push(customer);
    plan.outcome.updated += 1;
  } else plan.outcome.unchanged += 1;
}

const PARTS = ['line1', 'line2', 'city', 'region', 'postalCode', 'country'] as const;

/**
 * The address of a row over the one that is there: a part that the file does not have stays, and so do its recipient and
 * telephone, which no file has. Without street or city there is none.
 */
function addressOf(row: CustomerRow, present: AddressData | undefined): AddressData | null {
  if (PARTS.every((part) => row[part] === undefined)) return null;
  const part = (name: (typeof PARTS)[number]): string | null =>
    row[name] === undefined ? (present?.[name] ?? null) : (row[name] ?? null);
  const [line1, city] = [part('line1'), part('city')];
  if (!line1 || !city) return null;
  return addressData({
    name: present ? present.name : (row.company ?? row.name),
    line1,
    line2: part('line2'),
    city,
    region: part('region'),
    postalCode: part('postalCode'),
    country: part('country'),
    phone: present ? present.phone : (row.phone ?? null),
  });
}
