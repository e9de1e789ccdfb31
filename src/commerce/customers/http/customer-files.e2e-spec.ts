import { expectStatus, TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server } from '../../../../test/support/server';
import { openShop, type Shop } from '../../../../test/support/shop';

type Told = {
  code?: string;
  changes: number;
  created: number;
  unchanged: number;
  written: boolean;
  faults: { line: number; column: string; code: string; reason: string }[];
};

const FILE = `externalRef;email;name;company;phone;line1;city;postalCode;country
C-1;ann@example.com;Ann;=Ann & Co;+49 30 1;Weg 1;Berlin;10115;DE
C-2;ben@example.com;;;;;;;
C-3;not an address;Cleo;;;;;;
;;Dora;;;;;;
C-1;eve@example.com;Eve;;;;;;
C-6;finn@example.com;Finn;;;Gata 2;Malmö;21120;Atlantis
C-7;gus@example.com;Gus;;;;;;
`;

describe('customers as files over HTTP', () => {
  let shop: Shop;
  let other: Shop;

  beforeAll(async () => {
    const { url } = await server();
    shop = await openShop(url, 'Customer files');
    other = await openShop(url, 'Other customer files');
  });

  const call = (path: string, body?: BodyInit, { owner }: Shop = shop, type?: string): Promise<Response> =>
    fetch(`${shop.url}/api/v1/customers/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${owner.accessToken}`, ...(type ? { 'content-type': type } : {}) },
      body,
    });
  const csv = async (text: string, query = ''): Promise<[number, Told]> => {
    const answer = await call(`import${query}`, text, shop, 'text/csv');
    return [answer.status, (await answer.json()) as Told];
  };

  it('come in by CSV with each broken row named, the good ones where that is wanted, and change nothing again', async () => {
    const [status, told] = await csv(FILE);
    expect([status, told.code]).toEqual([422, 'customers.import-refused']);
    expect(told.faults.map(({ line, column, code }) => [line, column, code])).toEqual([
      [3, 'name', 'required'],
      [4, 'email', 'not-an-email'],
      [5, 'externalRef', 'required'],
      [6, 'externalRef', 'duplicate'],
      [7, 'country', 'unknown-country'],
    ]);
    expect(told.faults.every(({ reason }) => reason.length > 5)).toBe(true);
    expect((await csv(FILE, '?dryRun=true'))[1]).toMatchObject({ written: false, created: 2 });
    expect(expectStatus(await shop.asOwner.get<{ data: object[] }>('/customers'), 200).data).toEqual([]);
    expect((await csv(FILE, '?acceptPartial=true'))[1]).toMatchObject({ written: true, created: 2, changes: 2 });
    expect((await csv(FILE, '?acceptPartial=true'))[1]).toMatchObject({ changes: 0, unchanged: 2 });
    const found = await shop.asOwner.get<{ data: { name: string; addresses: object[] }[] }>('/customers?sort=name');
    expect(expectStatus(found, 200).data).toMatchObject([
      { name: 'Ann', addresses: [{ city: 'Berlin', country: 'DE' }] },
      { name: 'Gus', addresses: [] },
    ]);
  });

  it('go out as CSV and as a workbook that come back without a change, nothing in them computed, and noted in the trail', async () => {
    const exported = await (await call('export.csv')).text();
    expect(exported).toContain("'=Ann & Co");
    expect(exported.trim().split('\n')).toHaveLength(3);
    expect((await csv(exported))[1]).toMatchObject({ changes: 0, unchanged: 2 });
    const workbook = Buffer.from(await (await call('export.xlsx')).arrayBuffer());
    const form = new FormData();
    form.set('file', new Blob([workbook as never]), 'customers.xlsx');
    expect(await (await call('import', form)).json()).toMatchObject({ changes: 0, unchanged: 2, faults: [] });
    await eventually(async () => {
      const { body } = await shop.asOwner.get<{ data: { action: string }[] }>('/audit-logs?limit=100');
      return body.data.filter(({ action }) => /ExportCustomers|customers\.export/i.test(action)).length === 2;
    });
  });

  it('keep the recipient and the telephone of an address, and the parts that a file does not have', async () => {
    const address = {
      name: 'Reception',
      line1: 'Kai 3',
      city: 'Kiel',
      postalCode: '24103',
      country: 'DE',
      phone: '+49 431 9',
    };
    const person = {
      name: 'Rosa',
      email: 'rosa@example.com',
      phone: '+49 431 1',
      externalRef: 'K-1',
      addresses: [address],
    };
    expectStatus(await shop.asOwner.post('/customers', person), 201);
    expect((await csv(await (await call('export.csv')).text()))[1]).toMatchObject({ changes: 0 });
    expect((await csv('externalRef,name,line1,city\nK-1,Rosa,Kai 4,Kiel\n'))[1]).toMatchObject({ changes: 1 });
    const found = await shop.asOwner.get<{ data: { addresses: object[] }[] }>('/customers?q=rosa');
    expect(expectStatus(found, 200).data[0].addresses).toMatchObject([{ ...address, line1: 'Kai 4' }]);
  });

  it('are one by their e-mail address however it is spelled and however far apart', async () => {
    const rows = Array.from({ length: 700 }, (_, i) => `S-${i},s${i}@example.com,S ${i}`);
    const [status, told] = await csv(['externalRef,email,name', ...rows, 'S-700,S0@Example.com,S'].join('\n'));
    expect([status, told.faults.map(({ line, code }) => [line, code])]).toEqual([422, [[702, 'duplicate']]]);
    const left = await shop.asOwner.get<{ data: object[] }>('/customers?q=s0@example.com');
    expect(expectStatus(left, 200).data).toEqual([]);
  });

  it('come in by a form with a mapping of its own', async () => {
    const mapping = {
      name: 'own',
      sheets: [
        { entity: 'customers', file: 'people.csv', columns: { externalRef: 'id', name: 'who', company: 'firm' } },
      ],
    };
    const form = new FormData();
    form.set('mapping', JSON.stringify(mapping));
    form.set('file', new Blob(['id,who,firm\nM-1,Mia,Mill\n']), 'people.csv');
    expect(await (await call('import', form)).json()).toMatchObject({ created: 1 });
    form.set('mapping', JSON.stringify({ ...mapping, sheets: [{ ...mapping.sheets[0], entity: 'products' }] }));
    const wrong = await call('import', form);
    expect([wrong.status, ((await wrong.json()) as Told).code]).toEqual([400, 'customers.no-customer-sheet']);
    const empty = new FormData();
    empty.set('mapping', JSON.stringify(mapping));
    expect(((await (await call('import', empty)).json()) as Told).code).toBe('customers.no-file');
  });

  it('are for who may change customers of this shop alone', async () => {
    expect((await (await call('export.csv', undefined, other)).text()).trim().split('\n')).toHaveLength(1);
    for (const path of ['export.csv', 'export.xlsx'])
      expect((await new TestClient(shop.url).get(`/customers/${path}`)).status).toBe(401);
    expect((await shop.asGuest.post('/customers/import', { rows: [] })).status).toBe(401);
  });
});
