import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { pair, type TestServer } from '../../../../test/support/server';
import {
  checkOut,
  fillCart,
  mailTo,
  openShop,
  PASSWORD,
  signUp,
  stock,
  type Login,
  type Placed,
  type Shop,
} from '../../../../test/support/shop';
import { newId } from '../../../kernel/ids/ids';

interface Approval {
  id: string;
  status: string;
  step: number;
  subjectId: string;
  reference: string;
}
interface Expense {
  id: string;
  status: string;
  approvalId: string;
  costCenter: string | null;
}
interface Company {
  accountId: string;
  departmentId: string;
}
interface Actor {
  login: Login;
  client: TestClient;
  personId: string;
}

const codeOf = (answer: Answer<unknown>): string => (answer.body as { code: string }).code;
const LIMIT = 25_000;

describe('corporate accounts over HTTP', () => {
  let server: TestServer;
  let shop: Shop;
  let sku: string;

  beforeAll(async () => {
    [server] = await pair();
    shop = await openShop(server.url, 'Wholesale');
    ({ sku } = await stock(shop, { price: 10_000, quantity: 10_000 }));
  }, 120_000);

  const openCompany = async (): Promise<Company> => {
    const account = await shop.asOwner.post<{ id: string }>('/corporate/accounts', {
      name: `Company ${newId().slice(-10)}`,
      currency: 'EUR',
    });
    const accountId = expectStatus(account, 201).id;
    const department = await shop.asOwner.post<{ id: string }>(`/corporate/accounts/${accountId}/departments`, {
      name: 'Purchasing',
      costCenter: 'CC-1',
      monthlyBudget: 100_000,
    });
    return { accountId, departmentId: expectStatus(department, 201).id };
  };
  const person = async (company: Company, ...roles: string[]): Promise<Actor> => {
    const email = `person-${newId().slice(-10)}@example.com`;
    const login = await signUp(shop.asGuest, { email, name: `Person ${roles.join(' ')}` });
    const added = await shop.asOwner.post<{ id: string }>(`/corporate/accounts/${company.accountId}/people`, {
      userId: login.user.id,
      roles,
      departmentId: company.departmentId,
    });
    const client = new TestClient(server.url).as({ token: login.accessToken });
    return { login, client, personId: expectStatus(added, 201).id };
  };
  const rule = async (company: Company, changes: object = {}): Promise<string> => {
    const made = await shop.asOwner.post<{ id: string }>(`/corporate/accounts/${company.accountId}/rules`, {
      name: 'Large orders',
      subject: 'order',
      above: LIMIT,
      steps: [{ role: 'manager', needed: 1 }],
      ...changes,
    });
    return expectStatus(made, 201).id;
  };
  const order = async (buyer: Actor, quantity: number): Promise<Placed> => {
    const cart = await fillCart(buyer.client, [{ sku, quantity }]);
    return expectStatus(await checkOut(buyer.client, cart, 'success', newId(), buyer.login.user.email), 201);
  };
  const statusOf = async (placed: Placed): Promise<string> =>
    expectStatus(await shop.asOwner.get<{ status: string }>(`/orders/${placed.order.id}`), 200).status;
  const approvalOf = (placed: Placed): Promise<Approval> =>
    eventually(async () => {
      const listed = await shop.asOwner.get<{ data: Approval[] }>('/corporate/approvals?limit=100');
      return expectStatus(listed, 200).data.find(({ subjectId }) => subjectId === placed.order.id);
    });
  const inbox = async (actor: Actor): Promise<string[]> =>
    expectStatus(await actor.client.get<{ data: Approval[] }>('/corporate/approvals?mine=true'), 200).data.map(
      ({ id }) => id,
    );
  const decide = (actor: Actor, approval: Approval, what: 'approve' | 'reject', comment?: string) =>
    actor.client.post<Approval>(`/corporate/approvals/${approval.id}/${what}`, { comment });
  const held = async (): Promise<number> => {
    const levels = await shop.asOwner.get<{ data: { sku: string; reserved: number }[] }>(
      `/inventory/levels?sku=${sku}`,
    );
    return expectStatus(levels, 200).data[0].reserved;
  };

  describe('an order', () => {
    let company: Company;
    let buyer: Actor;
    let manager: Actor;
    beforeAll(async () => {
      company = await openCompany();
      [buyer, manager] = [await person(company, 'buyer', 'manager'), await person(company, 'manager')];
      await rule(company);
    });

    it('below the limit is paid at once; above it waits, charges nothing and holds its stock', async () => {
      expect((await order(buyer, 2)).order.status).toBe('paid');
      const before = await held();
      const waiting = await order(buyer, 3);
      expect(waiting).toMatchObject({ order: { status: 'awaiting_approval' }, payment: null });
      expect(await held()).toBe(before + 3);
      const pay = { paymentMethod: { type: 'sandbox', token: 'success' } };
      const early = await buyer.client.post(`/orders/${waiting.order.id}/payments`, pay, { key: newId() });
      expect([early.status, codeOf(early)]).toEqual([409, 'orders.not-payable']);
      const approval = await approvalOf(waiting);
      expect(await inbox(manager)).toContain(approval.id);
      expect(await inbox(buyer)).not.toContain(approval.id);
      expect((await mailTo(manager.client, manager.login.user.email, /To approve/)).text).toContain(
        waiting.order.number,
      );
      const own = await decide(buyer, approval, 'approve');
      expect([own.status, codeOf(own)]).toEqual([403, 'organizations.own-approval']);
      const stranger = await shop.asOwner.post(`/corporate/approvals/${approval.id}/approve`, {});
      expect([stranger.status, codeOf(stranger)]).toEqual([403, 'organizations.not-your-approval']);
      expect(expectStatus(await decide(manager, approval, 'approve', 'Fits'), 200).status).toBe('approved');
      expect(await statusOf(waiting)).toBe('pending_payment');
      expect((await mailTo(buyer.client, buyer.login.user.email, /approved/)).text).toContain('Fits');
      const paid = await buyer.client.post<Placed>(`/orders/${waiting.order.id}/payments`, pay, { key: newId() });
      expect(expectStatus(paid, 201).order.status).toBe('paid');
      const again = await decide(manager, approval, 'reject');
      expect([again.status, codeOf(again)]).toEqual([409, 'organizations.approval-over']);
    });

    it('that is rejected is cancelled and gives its stock back', async () => {
      const before = await held();
      const waiting = await order(buyer, 4);
      expectStatus(await decide(manager, await approvalOf(waiting), 'reject', 'Too much'), 200);
      expect(await statusOf(waiting)).toBe('cancelled');
      expect(await held()).toBe(before);
    });

    it('that staff cancel takes its approval along', async () => {
      const waiting = await order(buyer, 5);
      const approval = await approvalOf(waiting);
      expectStatus(await shop.asOwner.post(`/orders/${waiting.order.id}/cancel`, {}, { key: newId() }), 200);
      await eventually(async () => {
        const { body } = await shop.asOwner.get<Approval>(`/corporate/approvals/${approval.id}`);
        return body.status === 'cancelled' || undefined;
      });
    });

    it('of who could be approved by nobody is refused at the till', async () => {
      const alone = await openCompany();
      const only = await person(alone, 'buyer', 'manager');
      await rule(alone);
      const cart = await fillCart(only.client, [{ sku, quantity: 3 }]);
      const refused = await checkOut(only.client, cart, 'success', newId(), only.login.user.email);
      expect([refused.status, codeOf(refused)]).toEqual([409, 'organizations.no-approver']);
    });

    it('is not decided by who lost the role meanwhile', async () => {
      const second = await person(company, 'manager');
      const waiting = await order(buyer, 3);
      const approval = await approvalOf(waiting);
      expectStatus(await shop.asOwner.call('PATCH', `/corporate/people/${second.personId}`, { roles: ['buyer'] }), 200);
      const late = await decide(second, approval, 'approve');
      expect([late.status, codeOf(late)]).toEqual([403, 'organizations.not-your-approval']);
      expectStatus(await decide(manager, approval, 'approve'), 200);
    });
  });

  describe('approvals raced', () => {
    it('are decided once when two approve at once, and by both where all are needed', async () => {
      const company = await openCompany();
      const [buyer, a, b] = [
        await person(company, 'buyer'),
        await person(company, 'manager'),
        await person(company, 'manager'),
      ];
      const id = await rule(company);
      for (let round = 0; round < 5; round++) {
        const waiting = await order(buyer, 3);
        const approval = await approvalOf(waiting);
        const answers = await Promise.all([decide(a, approval, 'approve'), decide(b, approval, 'approve')]);
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
        expect(await statusOf(waiting)).toBe('pending_payment');
      }
      expectStatus(await shop.asOwner.call('DELETE', `/corporate/rules/${id}`), 204);
      await rule(company, {
        steps: [
          { role: 'manager', needed: 'all' },
          { role: 'manager', needed: 1 },
        ],
      });
      const waiting = await order(buyer, 3);
      const approval = await approvalOf(waiting);
      const both = await Promise.all([decide(a, approval, 'approve'), decide(b, approval, 'approve')]);
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      expect(await statusOf(waiting)).toBe('awaiting_approval');
      expect(expectStatus(await decide(a, approval, 'approve'), 200)).toMatchObject({ status: 'approved', step: 1 });
      expect(await statusOf(waiting)).toBe('pending_payment');
    });

    it('have one outcome when one approves and another rejects', async () => {
      const company = await openCompany();
      const [buyer, a, b] = [
        await person(company, 'buyer'),
        await person(company, 'manager'),
        await person(company, 'manager'),
      ];
      await rule(company);
      for (let round = 0; round < 5; round++) {
        const waiting = await order(buyer, 3);
        const approval = await approvalOf(waiting);
        const [yes, no] = await Promise.all([decide(a, approval, 'approve'), decide(b, approval, 'reject')]);
        expect([yes.status, no.status].sort()).toEqual([200, 409]);
        expect(await statusOf(waiting)).toBe(yes.status === 200 ? 'pending_payment' : 'cancelled');
      }
    });
  });

  it('let a stand-in decide while somebody is away, and nobody twice', async () => {
    const company = await openCompany();
    const [buyer, boss, deputy] = [
      await person(company, 'buyer'),
      await person(company, 'manager'),
      await person(company, 'approver'),
    ];
    await rule(company);
    const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
    const delegation = { to: deputy.personId, from: day(-1), until: day(7) };
    expect(
      (await boss.client.call('PUT', '/corporate/me/delegation', { ...delegation, to: boss.personId })).status,
    ).toBe(404);
    expect((await boss.client.call('PUT', '/corporate/me/delegation', { ...delegation, until: day(-2) })).status).toBe(
      400,
    );
    expectStatus(await boss.client.call('PUT', '/corporate/me/delegation', delegation), 204);
    const waiting = await order(buyer, 3);
    const approval = await approvalOf(waiting);
    expect(await inbox(deputy)).toEqual([approval.id]);
    expectStatus(await decide(deputy, approval, 'approve'), 200);
    expectStatus(await boss.client.call('DELETE', '/corporate/me/delegation'), 204);
    const next = await approvalOf(await order(buyer, 3));
    expect((await decide(deputy, next, 'approve')).status).toBe(403);
    expect(await inbox(deputy)).toEqual([]);
  });

  describe('an expense', () => {
    const expense = (changes: object = {}) => ({
      title: '=HYPERLINK("x") trip',
      lines: [
        { description: 'Taxi', category: 'travel', amount: 2_350, spentOn: '2026-02-27' },
        { description: 'Lunch', category: 'meals', amount: 1_250, spentOn: '2026-02-27' },
      ],
      receiptFile: 'receipts/taxi.pdf',
      ...changes,
    });
    let company: Company;
    let clerk: Actor;
    let boss: Actor;
    let finance: Actor;
    beforeAll(async () => {
      company = await openCompany();
      [clerk, boss, finance] = [
        await person(company, 'buyer'),
        await person(company, 'manager'),
        await person(company, 'finance'),
      ];
    });

    it('is submitted, approved, paid back once, counted in its department and exported', async () => {
      const submitted = expectStatus(await clerk.client.post<Expense>('/corporate/expenses', expense()), 201);
      expect(submitted).toMatchObject({
        status: 'submitted',
        costCenter: 'CC-1',
        total: { amount: 3_600, currency: 'EUR' },
      });
      const early = { reference: 'SEPA 1' };
      const path = `/corporate/expenses/${submitted.id}/reimburse`;
      expect(codeOf(await finance.client.post(path, early, { key: newId() }))).toBe('organizations.expense-state');
      const approval = { id: submitted.approvalId } as Approval;
      expectStatus(await decide(boss, approval, 'approve'), 200);
      expect((await finance.client.post(path, early)).status).toBe(400);
      expect(codeOf(await boss.client.post(path, early, { key: newId() }))).toBe('organizations.finance-only');
      const key = newId();
      const [first, second] = await Promise.all([
        finance.client.post<Expense>(path, early, { key }),
        finance.client.post<Expense>(path, early, { key: newId() }),
      ]);
      expect([first.status, second.status].sort()).toEqual([200, 409]);
      if (first.status === 200)
        expect((await finance.client.post<Expense>(path, early, { key })).body.status).toBe('reimbursed');
      const account = await shop.asOwner.get<{ departments: object[] }>(`/corporate/accounts/${company.accountId}`);
      expect(expectStatus(account, 200).departments).toEqual([
        expect.objectContaining({ spentThisMonth: { amount: 3_600, currency: 'EUR' } }),
      ]);
      const file = await finance.client.get('/corporate/expenses/export.csv');
      expect(file.status).toBe(200);
      expect(file.text).toContain(`"'=HYPERLINK(""x"") trip"`);
      expect(file.text.trim().split('\r\n')).toHaveLength(3);
    });

    it('is seen by those it concerns alone', async () => {
      const other = await person(company, 'buyer');
      const submitted = expectStatus(
        await clerk.client.post<Expense>('/corporate/expenses', expense({ title: 'Mine' })),
        201,
      );
      expect((await other.client.get(`/corporate/expenses/${submitted.id}`)).status).toBe(404);
      expectStatus(await boss.client.get(`/corporate/expenses/${submitted.id}`), 200);
      expect((await other.client.get(`/corporate/approvals/${submitted.approvalId}`)).status).toBe(404);
      expect((await shop.asOwner.post('/corporate/expenses', expense())).status).toBe(403);
    });

    it.each([
      [{ lines: [] }],
      [{ lines: [{ description: 'x', category: 'y', amount: 0, spentOn: '2026-01-01' }] }],
      [{ lines: [{ description: 'x', category: 'y', amount: 1.5, spentOn: '2026-01-01' }] }],
      [{ lines: [{ description: 'x', category: 'y', amount: '100', spentOn: '2026-01-01' }] }],
      [{ lines: [{ description: 'x', category: 'y', amount: 1e15, spentOn: '2026-01-01' }] }],
      [{ lines: [{ description: 'x', category: 'y', amount: 1, spentOn: '2026-13-45' }] }],
      [{ lines: [null] }],
      [{ lines: {} }],
      [{ title: '\u0000' }],
      [{ currency: 'XXX' }],
      [{ departmentId: 'x' }],
      [{ receiptFile: '<script>' }],
      [{ state: 'approved' }],
    ])('is refused with %j', async (changes) => {
      expect((await clerk.client.post('/corporate/expenses', expense(changes))).status).toBe(400);
    });
  });

  describe('departments and rules', () => {
    it('form a tree without cycles and go only when nothing belongs to them', async () => {
      const { accountId, departmentId } = await openCompany();
      const add = async (name: string, parentId: string): Promise<string> =>
        expectStatus(
          await shop.asOwner.post<{ id: string }>(`/corporate/accounts/${accountId}/departments`, { name, parentId }),
          201,
        ).id;
      const below = await add('North', departmentId);
      const deep = await add('Harbour', below);
      const move = (id: string, parentId: string | null) =>
        shop.asOwner.call('PATCH', `/corporate/departments/${id}`, { parentId });
      for (const [id, parent] of [
        [departmentId, deep],
        [below, below],
      ])
        expect(codeOf(await move(id, parent))).toBe('organizations.department-cycle');
      // Two moves at once that would make a circle together: one of them is refused.
      expectStatus(await move(below, null), 200);
      const crossed = await Promise.all([move(departmentId, below), move(below, departmentId)]);
      expect(crossed.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(codeOf(await shop.asOwner.call('DELETE', `/corporate/departments/${below}`))).toBe(
        'organizations.department-in-use',
      );
      expectStatus(await shop.asOwner.call('DELETE', `/corporate/departments/${deep}`), 204);
      const twin = await shop.asOwner.post(`/corporate/accounts/${accountId}/departments`, { name: 'PURCHASING' });
      expect([twin.status, codeOf(twin)]).toEqual([409, 'organizations.name-taken']);
    });

    it.each([
      [{ steps: [] }],
      [{ steps: [{ needed: 1 }] }],
      [{ steps: [{ role: 'king', needed: 1 }] }],
      [{ steps: [{ role: 'manager', needed: 0 }] }],
      [{ steps: [{ role: 'manager', needed: 'most' }] }],
      [{ steps: [{ people: [newId()], needed: 1 }] }],
      [{ steps: 'all' }],
      [{ steps: [null] }],
      [{ above: -1 }],
      [{ above: 1.5 }],
      [{ expiresHours: 0 }],
      [{ subject: 'holiday' }],
      [{ categories: [] }],
      [{ currency: 'euro' }],
    ])('are refused with %j', async (changes) => {
      const { accountId } = await openCompany();
      const body = { name: 'R', subject: 'order', above: 1, steps: [{ role: 'manager', needed: 1 }], ...changes };
      expect((await shop.asOwner.post(`/corporate/accounts/${accountId}/rules`, body)).status).toBe(400);
    });
  });

  it('are reached by the other name of their routes', async () => {
    expectStatus(await shop.asOwner.get('/api/b2b/accounts'), 200);
  });

  // Last, because it moves the clock.
  describe('approvals whose time runs out', () => {
    it('are put before finance when the managers are silent, and finance alone settles them', async () => {
      const company = await openCompany();
      const [buyer, boss, other, finance] = [
        await person(company, 'buyer'),
        await person(company, 'manager'),
        await person(company, 'manager'),
        await person(company, 'finance'),
      ];
      await rule(company, { steps: [{ role: 'manager', needed: 'all' }], escalateHours: 1, expiresHours: 48 });
      const [placed, early] = [await order(buyer, 3), await order(buyer, 4)];
      const [approval, decided] = [await approvalOf(placed), await approvalOf(early)];
      expectStatus(await decide(boss, decided, 'approve'), 200);
      expectStatus(await decide(other, decided, 'approve'), 200);
      expect((await decide(finance, approval, 'approve')).status).toBe(403);
      expect(await inbox(finance)).toEqual([]);
      expectStatus(await shop.asOwner.post('/dev/clock', { advanceSeconds: 3_601 }), 200);
      const again = async (actor: Actor): Promise<Actor> => {
        const { email } = actor.login.user;
        const login = await shop.asGuest.post<Login>('/auth/login', { email, password: PASSWORD });
        return { ...actor, client: new TestClient(server.url).as({ token: expectStatus(login, 200).accessToken }) };
      };
      const asFinance = await again(finance);
      // What was decided before its hour is not asked about any more.
      expect(
        await eventually(async () => ((await inbox(asFinance)).length > 0 ? inbox(asFinance) : undefined)),
      ).toEqual([approval.id]);
      expect(await mailTo(shop.asGuest, finance.login.user.email, new RegExp(approval.reference))).toBeDefined();
      const view = await asFinance.client.get<{
        escalatedAt: string | null;
        tasks: { userId: string; escalated: boolean }[];
      }>(`/corporate/approvals/${approval.id}`);
      const { escalatedAt, tasks } = expectStatus(view, 200);
      expect(escalatedAt).not.toBeNull();
      expect(tasks.find(({ userId }) => userId === finance.login.user.id)).toMatchObject({ escalated: true });
      expectStatus(await decide(asFinance, approval, 'approve'), 200);
      const owner = await asOwner();
      expect(await statusOfAs(placed)(owner)).toBe('pending_payment');
      shop = { ...shop, asOwner: owner };
    });

    it('end by time or by decision, never by both', async () => {
      const company = await openCompany();
      const [buyer, boss] = [await person(company, 'buyer'), await person(company, 'manager')];
      await rule(company, { expiresHours: 1 });
      const before = await held();
      const orders = await Promise.all(Array.from({ length: 6 }, () => order(buyer, 3)));
      const approvals = await Promise.all(orders.map(approvalOf));
      // A minute is left; time runs out while the manager goes through the inbox.
      const move = (by: TestClient, seconds: number) => by.post('/dev/clock', { advanceSeconds: seconds });
      expectStatus(await move(shop.asOwner, 3_590), 200);
      const owner = await asOwner();
      const fresh = await shop.asGuest.post<Login>('/auth/login', {
        email: boss.login.user.email,
        password: PASSWORD,
      });
      const asBoss = {
        ...boss,
        client: new TestClient(server.url).as({ token: expectStatus(fresh, 200).accessToken }),
      };
      const answers = await Promise.all(
        approvals.map(async (approval, index) => {
          if (index === 2) expectStatus(await move(owner, 30), 200);
          return decide(asBoss, approval, 'approve');
        }),
      );
      for (const [index, answer] of answers.entries()) {
        expect([200, 409]).toContain(answer.status);
        const ended = answer.status === 200 ? 'pending_payment' : 'cancelled';
        await eventually(async () => (await statusOfAs(orders[index])(owner)) === ended);
      }
      const left = answers.filter(({ status }) => status === 200).length * 3;
      expect(await heldAs(owner)).toBe(before + left);
    });

    // The owner's token is older than the moved clock allows.
    const asOwner = async (): Promise<TestClient> => {
      const { email } = shop.owner.user;
      const login = await new TestClient(server.url).post<Login>('/auth/login', {
        email,
        password: shop.owner.password,
      });
      return new TestClient(server.url).as({ token: expectStatus(login, 200).accessToken });
    };
    const statusOfAs = (placed: Placed) => async (client: TestClient) =>
      expectStatus(await client.get<{ status: string }>(`/orders/${placed.order.id}`), 200).status;
    const heldAs = async (client: TestClient): Promise<number> =>
      expectStatus(await client.get<{ data: { reserved: number }[] }>(`/inventory/levels?sku=${sku}`), 200).data[0]
        .reserved;
  });
});
