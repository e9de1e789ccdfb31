import { expectStatus, TestClient } from './client';
import { signUp, type Login, type Shop } from './shop';
import { newId } from '../../src/kernel/ids/ids';

/** One thing of each kind of a corporate account, by the collection that its id lives in. */
export interface CompanyIds {
  accounts: string;
  departments: string;
  people: string;
  rules: string;
  approvals: string;
  expenses: string;
}

/** Opens a corporate account in which the shop's owner has handed in an expense that a manager has to approve. */
export async function openCompany(shop: Shop, mark: string): Promise<{ ids: CompanyIds; manager: Login }> {
  const make = async (path: string, body: object): Promise<string> =>
    expectStatus(await shop.asOwner.post<{ id: string }>(`/corporate${path}`, body), 201).id;
  const manager = await signUp(new TestClient(shop.url).as({ tenant: shop.slug }), {
    email: `manager-${newId().slice(-10)}@example.com`,
    name: 'Mara Manager',
  });
  const accounts = await make('/accounts', { name: `Company ${mark}`, currency: 'EUR' });
  const departments = await make(`/accounts/${accounts}/departments`, { name: `Department ${mark}` });
  const people = await make(`/accounts/${accounts}/people`, {
    userId: shop.owner.user.id,
    roles: ['buyer'],
    departmentId: departments,
  });
  await make(`/accounts/${accounts}/people`, { userId: manager.user.id, roles: ['manager'] });
  const rules = await make(`/accounts/${accounts}/rules`, {
    name: `Rule ${mark}`,
    subject: 'expense',
    above: 100,
    steps: [{ role: 'manager', needed: 1 }],
  });
  const expense = await shop.asOwner.post<{ id: string; approvalId: string }>('/corporate/expenses', {
    title: `Expense ${mark}`,
    lines: [{ description: 'Taxi', category: 'travel', amount: 2_000, spentOn: '2026-02-27' }],
  });
  const { id, approvalId } = expectStatus(expense, 201);
  return { ids: { accounts, departments, people, rules, approvals: approvalId, expenses: id }, manager };
}
