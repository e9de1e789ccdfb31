import { QueryBus, type CommandBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant } from '../support/app';
import { eventually } from '../support/eventually';
import { ADDRESS, OrderDesk } from '../support/order-desk';
import { GiveConsentCommand, RecordConsentCommand } from '../../src/commerce/customers/commands/record-consent';
import { MergeCustomersCommand } from '../../src/commerce/customers/commands/merge-customers';
import { ChangeCustomerCommand, CreateCustomerCommand } from '../../src/commerce/customers/commands/write-customer';
import {
  ChangeGroupMemberCommand,
  CreateCustomerGroupCommand,
} from '../../src/commerce/customers/commands/customer-groups';
import { ConsentsOfCustomersQuery } from '../../src/commerce/customers/contracts/consents';
import { GroupsOfCustomersQuery } from '../../src/commerce/customers/contracts/customer-groups';
import { EnsureCustomerCommand } from '../../src/commerce/customers/contracts/ensure-customer';
import { FindCustomersQuery } from '../../src/commerce/customers/contracts/find-customers';
import { ImportCustomersCommand } from '../../src/commerce/customers/contracts/import-customers';
import { CustomerTimelineQuery } from '../../src/commerce/customers/queries/customer-timeline';
import { ListDuplicatesQuery } from '../../src/commerce/customers/queries/duplicates';
import { GetCustomerQuery } from '../../src/commerce/customers/queries/get-customer';
import { ListCustomersQuery } from '../../src/commerce/customers/queries/list-customers';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { mergeRace } from '../scenarios/sales-races';
import { newId } from '../../src/kernel/ids/ids';
import { SYSTEM } from '../../src/kernel/auth/principal';

const home = {
  name: null,
  line2: null,
  region: null,
  phone: null,
  line1: 'Obere Str. 57',
  city: 'Berlin',
  postalCode: '12209',
  country: 'DE',
};

describe('customers that are one person', () => {
  let desk: OrderDesk;
  const run = <T>(work: () => Promise<T>): Promise<T> => desk.asStaff(work);
  const send: CommandBus['execute'] = (command: never) => run(() => desk.commands.execute(command)) as never;
  const ask: QueryBus['execute'] = (query: never) => run(() => desk.app.get(QueryBus).execute(query)) as never;

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  const make = (name: string, more: object = {}) => send(new CreateCustomerCommand({ name, ...more }));
  const merge = (customerId: string, mergedId: string) => send(new MergeCustomersCommand(customerId, mergedId));
  const duplicates = async () =>
    (await ask(new ListDuplicatesQuery({ limit: 20 }))).data.map(
      ({ reason, customers }) => `${reason}: ${customers.map(({ name }) => name).join(', ')}`,
    );

  it('are found by mail address, phone number and name at an address', async () => {
    await make('Ann Devon', { email: 'ann.devon+shop@gmail.com', addresses: [home] });
    await make('A. Devon', { email: 'AnnDevon@googlemail.com', phone: '+49 30 0074321' });
    await make('Ann DEVON', {
      phone: '030 007 43 21',
      addresses: [{ ...home, line1: 'Obere Straße 57', postalCode: '12209' }],
    });
    const other = await make('Bea', { email: 'bea@example.com', phone: '12' });
    expect(await duplicates()).toEqual([
      'email: Ann Devon, A. Devon',
      'name_address: Ann Devon, Ann DEVON',
      'phone: A. Devon, Ann DEVON',
    ]);
    await send(new ChangeCustomerCommand(other.id, { phone: '0049300074321' }));
    expect(await duplicates()).toContain('phone: A. Devon, Ann DEVON, Bea');
  });

  it('become one with all they had; what the other was found by leads on', async () => {
    await desk.product('TEA');
    const bought = await desk.checkout(await desk.cart(['TEA', 1]));
    const [{ customerId: goes }] = await desk.rows<{ customerId: string }>(
      'select customer_id as "customerId" from orders.orders where id = $1',
      [bought.order.id],
    );
    const [{ email: oldEmail }] = await ask(new FindCustomersQuery({ ids: [goes] }));
    await send(
      new ChangeCustomerCommand(goes, {
        externalRef: 'OLD',
        phone: '+351 1',
        addresses: [{ ...home, line1: 'Zwei 2' }, home],
      }),
    );
    const stays = await make('Ann', { email: 'ann@example.com', externalRef: 'NEW', addresses: [home] });
    const group = await send(new CreateCustomerGroupCommand({ name: `Group ${newId().slice(-6)}` }));
    for (const id of [goes, stays.id]) await send(new ChangeGroupMemberCommand(group.id, id, true));
    const consent = { purpose: 'email' as const, source: 'Form' };
    await send(new RecordConsentCommand(stays.id, { ...consent, granted: true, givenAt: new Date('2026-01-01') }));
    await send(
      new RecordConsentCommand(goes, {
        ...consent,
        granted: false,
        textVersion: 'v2',
        givenAt: new Date('2026-02-01'),
      }),
    );

    const merged = await merge(stays.id, goes);
    await desk.worker.drain();
    expect(merged).toMatchObject({
      id: stays.id,
      name: 'Ann',
      email: 'ann@example.com',
      phone: '+351 1',
      externalRef: 'NEW',
    });
    expect(merged.addresses.map(({ line1 }) => line1)).toEqual(['Obere Str. 57', 'Zwei 2']);
    expect(merged.groups).toHaveLength(1);
    expect(
      await desk.rows('select customer_id = $2 as moved from orders.orders where id = $1', [bought.order.id, stays.id]),
    ).toEqual([{ moved: true }]);
    // The later word counts, whoever of the two it was said for.
    for (const id of [goes, stays.id])
      expect(await ask(new ConsentsOfCustomersQuery({ customerIds: [id] }))).toMatchObject([{ granted: false }]);
    expect(await ask(new GetCustomerQuery(goes))).toMatchObject({ id: stays.id });
    expect(await ask(new GroupsOfCustomersQuery({ customerIds: [goes] }))).toMatchObject([{ groupIds: [group.id] }]);
    expect(await ask(new FindCustomersQuery({ externalRefs: ['OLD'] }))).toMatchObject([
      { id: stays.id, externalRef: 'OLD' },
    ]);
    expect(await ask(new FindCustomersQuery({ ids: [goes] }))).toMatchObject([{ id: stays.id }]);
    expect((await ask(new ListCustomersQuery({ limit: 20 }, null))).data).toHaveLength(1);
    expect(await send(new EnsureCustomerCommand({ email: oldEmail! }))).toEqual({ id: stays.id, created: false });
    await expect(send(new ChangeCustomerCommand(goes, { name: 'x' }))).rejects.toMatchObject({
      code: 'customers.customer-merged',
      data: { mergedInto: stays.id },
    });
    await expect(merge(stays.id, goes)).rejects.toMatchObject({ code: 'customers.customer-merged' });
    await expect(merge(stays.id, stays.id)).rejects.toMatchObject({ code: 'customers.merge-invalid' });
    await expect(merge(stays.id, newId())).rejects.toMatchObject({ code: 'customers.customer-not-found' });

    // Imports find it by both references, and say that two lines are one customer.
    const row = (line: number, externalRef: string) => ({ line, externalRef, name: 'Ann' });
    expect(await send(new ImportCustomersCommand({ rows: [row(2, 'OLD')] }))).toMatchObject({
      unchanged: 1,
      created: 0,
    });
    expect(await send(new ImportCustomersCommand({ rows: [row(2, 'NEW'), row(3, 'OLD')] }))).toMatchObject({
      unchanged: 1,
      faults: [{ line: 3, code: 'duplicate' }],
    });

    // A chain leads to its end.
    const last = await make('Last');
    await merge(last.id, stays.id);
    await desk.worker.drain();
    expect(await ask(new GetCustomerQuery(goes))).toMatchObject({ id: last.id, email: 'ann@example.com' });
    const pages: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const { data, page } = await ask(new CustomerTimelineQuery(goes, { limit: 2, cursor }));
      pages.push(...data.map(({ kind }) => kind));
      [cursor, more] = [page.nextCursor ?? undefined, page.hasMore];
    }
    expect(pages.sort()).toEqual(
      ['consent-given', 'consent-withdrawn', 'created', 'merged', 'merged', 'order-paid', 'order-placed'].sort(),
    );
    await expect(ask(new CustomerTimelineQuery(goes, { limit: 2, cursor: 'x' }))).rejects.toMatchObject({
      code: 'pagination.cursor-invalid',
    });
  });

  it('are not one where both sign in, and one of the two merges that come at once wins', async () => {
    const ensure = (email: string) => send(new EnsureCustomerCommand({ email, userId: newId() }));
    const [a, b] = [await ensure('a@example.com'), await ensure('b@example.com')];
    await expect(merge(a.id, b.id)).rejects.toMatchObject({ code: 'customers.merge-two-accounts' });
    const [c, d] = [await make('C'), await make('D')];
    const results = await Promise.allSettled([merge(c.id, d.id), merge(d.id, c.id)]);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'customers.customer-merged' },
    });
    expect(await mergeRace(desk)).toEqual({ done: 1, refused: ['customers.customer-merged'], heirs: 1 });
  });

  it('wait for an order that is being placed, and leave none behind', async () => {
    const goes = await make('Goes', { email: 'goes@example.com' });
    const stays = await make('Stays', { email: 'stays@example.com' });
    let release = (): void => undefined;
    let named: { id: string } | undefined;
    // An order's transaction has named the customer, and is not committed yet.
    const placing = run(() =>
      desk.app.get(UnitOfWork).run(async () => {
        named = await desk.commands.execute(new EnsureCustomerCommand({ email: 'goes@example.com' }));
        await new Promise<void>((resolve) => (release = resolve));
      }),
    );
    await eventually(() => named !== undefined);
    let merged = false;
    const merging = merge(stays.id, goes.id).then(() => (merged = true));
    const blocked = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%customers%' and datname = current_database()`;
    const admin = new Client({ connectionString: desk.app.database.superuserUrl });
    await admin.connect();
    await eventually(async () => (await admin.query(blocked)).rows.length > 0).finally(() => admin.end());
    const late = Promise.all(
      Array.from({ length: 3 }, () => send(new EnsureCustomerCommand({ email: 'goes@example.com' }))),
    );
    expect([named!.id, merged]).toEqual([goes.id, false]);
    release();
    await Promise.all([placing, merging]);
    // Whoever asked meanwhile gets the one that stayed.
    for (const { id } of await late) expect([stays.id, goes.id]).toContain(id);
    expect(await send(new EnsureCustomerCommand({ email: 'goes@example.com' }))).toEqual({
      id: stays.id,
      created: false,
    });
    expect(await desk.rows('select 1 from customers.customers where merged_into is null')).toHaveLength(1);
  });

  it('agree for themselves with evidence, and have addresses of their country', async () => {
    const userId = newId();
    const give = (user: string) =>
      asTenant(
        desk.tenant,
        () =>
          desk.commands.execute(
            new GiveConsentCommand({
              purpose: 'sms',
              granted: true,
              source: 'Account page',
              wording: 'Write to me.',
              textVersion: '2026-03',
            }),
          ),
        { ...SYSTEM, kind: 'user', userId: user },
      );
    const { id } = await send(new EnsureCustomerCommand({ email: 'own@example.com', userId }));
    expect(await give(userId)).toMatchObject({
      textVersion: '2026-03',
      source: 'Account page',
      recordedBy: userId,
      granted: true,
    });
    expect(await ask(new ConsentsOfCustomersQuery({ customerIds: [id] }))).toMatchObject([
      { purpose: 'sms', granted: true },
    ]);
    await expect(give(newId())).rejects.toMatchObject({ code: 'customers.customer-not-found' });
    await expect(
      make('X', {
        addresses: [
          { ...home, postalCode: '1' },
          { ...ADDRESS, line2: null, region: null, phone: null, country: 'US' },
        ],
      }),
    ).rejects.toMatchObject({
      code: 'customers.address-invalid',
      data: {
        errors: [{ pointer: '/addresses/0/postalCode' }, { pointer: '/addresses/1/postalCode' }],
      },
    });
  });
});
