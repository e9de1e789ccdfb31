import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { UserRegistered } from '../../access/identity/contracts/identity-events';
import { Database } from '../../kernel/database/database';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import type { ImportOutcome } from '../../kernel/tabular/import-report';
import { RecordConsentCommand } from './commands/record-consent';
import { ChangeCustomerCommand, CreateCustomerCommand } from './commands/write-customer';
import { ConsentsOfCustomersQuery, type ConsentPurpose } from './contracts/consents';
import { EnsureCustomerCommand } from './contracts/ensure-customer';
import { FindCustomersQuery } from './contracts/find-customers';
import { ImportCustomersCommand, type CustomerRow } from './contracts/import-customers';
import { CustomersModule } from './customers.module';
import { ListConsentsQuery } from './queries/consents';

const home = {
  name: null,
  line1: 'Obere Str. 57',
  line2: null,
  city: 'Berlin',
  region: null,
  postalCode: '12209',
  country: 'DE',
  phone: null,
};

describe('customers', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let database: Database;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([CustomersModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
    database = app.get(Database);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
  });

  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const ensure = (email: string, userId?: string, name?: string) =>
    inShop(() => commands.execute(new EnsureCustomerCommand({ email, userId, name })));
  const all = () =>
    database.readAs<{ id: string; email: string; name: string; user_id: string | null }>(
      tenant,
      'select id, email, name, user_id from customers.customers where tenant_id = $1 order by id',
      [tenant],
    );

  it('are one per address, however it is written and however many come at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, i) => ensure(i % 2 ? 'Ann@Example.com' : ' ann@example.COM')),
    );
    expect(new Set(made.map((it) => it.id)).size).toBe(1);
    expect(made.filter((it) => it.created)).toHaveLength(1);
    const created = await database.readAs(
      tenant,
      `select 1 as one from kernel.events where tenant_id = $1 and type = 'customers.customer-created.v1'`,
      [tenant],
    );
    expect(created).toHaveLength(1);
    await expect(ensure('no address')).rejects.toMatchObject({ code: 'customers.invalid-email' });
  });

  it('come from a registration, and a guest becomes the same customer', async () => {
    const guest = await ensure('ann@example.com');
    const userId = newId();
    const uow = app.get(UnitOfWork);
    const register = (kind: 'customer' | 'owner', id: string, email: string) =>
      inShop(() =>
        uow.run(async (tx) =>
          tx.record(new UserRegistered(id, { userId: id, email, name: 'Ann', tenantId: tenant, kind })),
        ),
      );
    await register('customer', userId, 'Ann@example.com');
    await register('customer', newId(), 'new@example.com');
    await register('owner', newId(), 'owner@example.com');
    // Other tests may have left more than one batch behind.
    while ((await app.get(DeliveryWorker).runOnce()) > 0);
    const rows = await all();
    expect(rows.map((row) => row.email).sort()).toEqual(['ann@example.com', 'new@example.com']);
    expect(rows.find((row) => row.id === guest.id)?.user_id).toBe(userId);
    // The user's customer is found by the user, also with another address.
    expect((await ensure('other@example.com', userId)).id).toBe(guest.id);
  });

  it('do not leave their user to the next one who names the address', async () => {
    const first = newId();
    const { id } = await ensure('ann@example.com', first);
    await ensure('ann@example.com', newId());
    expect((await all()).find((row) => row.id === id)?.user_id).toBe(first);
  });

  it('are entered and changed with their addresses', async () => {
    const made = await inShop(() =>
      commands.execute(new CreateCustomerCommand({ name: 'Ann', email: 'ann@example.com', addresses: [home] })),
    );
    expect(made).toMatchObject({ version: 1, addresses: [{ city: 'Berlin' }] });
    const moved = await inShop(() =>
      commands.execute(new ChangeCustomerCommand(made.id, { addresses: [{ ...home, city: 'Bonn' }, home] }, 1)),
    );
    expect(moved).toMatchObject({ version: 2, addresses: [{ city: 'Bonn' }, { city: 'Berlin' }] });
    await expect(
      inShop(() => commands.execute(new ChangeCustomerCommand(made.id, { name: 'x' }, 1))),
    ).rejects.toMatchObject({ code: 'customers.stale-customer' });
    await expect(
      inShop(() => commands.execute(new CreateCustomerCommand({ name: 'B', email: 'ANN@example.com' }))),
    ).rejects.toMatchObject({ code: 'customers.email-taken' });
    tenant = newId();
    await expect(
      inShop(() => commands.execute(new ChangeCustomerCommand(made.id, { name: 'x' }))),
    ).rejects.toMatchObject({ code: 'customers.customer-not-found' });
  });

  it('are imported once, compared the next time, and found by their reference', async () => {
    const rows: CustomerRow[] = Array.from({ length: 600 }, (_, i) => ({
      line: i + 2,
      externalRef: `C${i}`,
      name: `Customer ${i}`,
      line1: 'Street 1',
      city: 'Berlin',
      country: 'DE',
    }));
    const load = (some: CustomerRow[], dryRun = false): Promise<ImportOutcome> =>
      inShop(() => commands.execute(new ImportCustomersCommand({ rows: some, dryRun })));
    expect(await load(rows, true)).toMatchObject({ created: 600 });
    expect(await all()).toHaveLength(0);
    expect(await load(rows)).toMatchObject({ created: 600, faults: [] });
    expect(await load(rows)).toMatchObject({ created: 0, updated: 0, unchanged: 600 });
    expect(
      await load([
        { ...rows[0], city: 'Bonn' },
        { ...rows[1], email: 'c1@example.com' },
      ]),
    ).toMatchObject({ updated: 2 });
    const [facts] = await inShop(() => queries.execute(new FindCustomersQuery({ externalRefs: ['C1'] })));
    expect(facts).toMatchObject({ email: 'c1@example.com', name: 'Customer 1' });
    const wrong = await load([
      { line: 2, name: 'Nobody' },
      { line: 3, name: 'A', externalRef: 'C2', email: 'c1@example.com' },
      { line: 4, name: 'B', externalRef: 'C9' },
      { line: 5, name: 'B', externalRef: 'C9' },
    ]);
    expect(wrong.faults.map((fault) => [fault.line, fault.column, fault.code])).toEqual([
      [2, 'externalRef', 'required'],
      [3, 'email', 'taken'],
      [5, 'externalRef', 'duplicate'],
    ]);
  });

  it('agree and take it back, each with time and source; the latest word counts', async () => {
    const { id } = await ensure('ann@example.com');
    const say = (purpose: ConsentPurpose, granted: boolean, givenAt?: string) =>
      inShop(() =>
        commands.execute(
          new RecordConsentCommand(id, {
            purpose,
            granted,
            source: 'form',
            ...(givenAt ? { givenAt: new Date(givenAt) } : {}),
          }),
        ),
      );
    const now = async () =>
      (await inShop(() => queries.execute(new ConsentsOfCustomersQuery({ customerIds: [id] })))).map(
        (it) => `${it.purpose} ${it.granted}`,
      );
    expect(await now()).toEqual([]);
    await say('email', false, '2026-01-03T00:00:00Z');
    await say('sms', true, '2026-01-01T00:00:00Z');
    // Written down later, but said earlier: it does not bring the consent back.
    await say('email', true, '2026-01-02T00:00:00Z');
    expect(await now()).toEqual(['email false', 'sms true']);
    await say('email', true);
    expect(await now()).toEqual(['email true', 'sms true']);
    const log = await inShop(() => queries.execute(new ListConsentsQuery(id, new ListQuery())));
    expect(log.data.map((it) => `${it.purpose} ${it.granted} ${it.source}`)).toEqual([
      'email true form',
      'email false form',
      'email true form',
      'sms true form',
    ]);
    await expect(say('email', true, '2200-01-01T00:00:00Z')).rejects.toMatchObject({
      code: 'customers.consent-time-invalid',
    });
    await expect(
      inShop(() => queries.execute(new ListConsentsQuery(id, new ListQuery(), () => false))),
    ).rejects.toMatchObject({ code: 'customers.customer-not-found' });
  });
});
