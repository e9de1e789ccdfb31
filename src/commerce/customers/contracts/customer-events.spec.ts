import { Customer } from '../domain/customer';
import { CustomerGroup } from '../domain/customer-group';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const customer = Customer.create(
    { name: 'Ann', email: 'ann@example.com' },
    'checkout',
    new Date('2026-03-01T12:00:00Z'),
  );
  const [{ type, payload }] = customer.pullEvents();
  expect(`${type} ${JSON.stringify(payload)}`.replace(customer.id, 'id-0')).toBe(
    'customers.customer-created.v1 {"customerId":"id-0","email":"ann@example.com","name":"Ann","userId":null,"source":"checkout"}',
  );

  const other = Customer.create({ name: 'Ann' }, 'manual', new Date('2026-03-01T12:00:00Z'));
  customer.absorb(other, new Date('2026-03-02T12:00:00Z'));
  const [merged] = customer.pullEvents();
  expect(
    `${merged.type} ${JSON.stringify(merged.payload)}`.replace(customer.id, 'id-0').replace(other.id, 'id-1'),
  ).toBe('customers.customer-merged.v1 {"customerId":"id-0","mergedId":"id-1"}');

  const group = CustomerGroup.create({ name: 'Resellers' }, new Date('2026-03-01T12:00:00Z'));
  group.remove();
  const [removed] = group.pullEvents();
  expect(`${removed.type} ${JSON.stringify(removed.payload)}`.replace(group.id, 'id-0')).toBe(
    'customers.group-removed.v1 {"groupId":"id-0","name":"Resellers"}',
  );
});
