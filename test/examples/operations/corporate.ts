import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus, type TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import type { Arrangement, Arrangements, World } from '../world';

interface Place {
  accountId: string;
  departmentId: string;
  personId: string;
  userId: string;
  client: TestClient;
}

const HOUR = 3_600_000;
const made = async (asking: Promise<{ status: number; text: string; body: { id: string } }>): Promise<string> => {
  const answer = await asking;
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id;
};

const account = ({ shop }: World): Promise<string> =>
  made(shop.asOwner.post('/corporate/accounts', { name: `Company ${newId().slice(-10)}`, currency: 'EUR' }));

/** Somebody of an account, of a new one where none is named. */
async function somebody(world: World, roles: string[], beside?: Place): Promise<Place> {
  const { asOwner } = world.shop;
  const accountId = beside?.accountId ?? (await account(world));
  const departmentId =
    beside?.departmentId ??
    (await made(asOwner.post(`/corporate/accounts/${accountId}/departments`, { name: 'Sales' })));
  const { client, user } = await world.customer(world.shop);
  const person = { userId: user.id, roles, departmentId };
  const personId = await made(asOwner.post(`/corporate/accounts/${accountId}/people`, person));
  return { accountId, departmentId, personId, userId: user.id, client };
}

const rule = (world: World, accountId: string, changes: object = {}): Promise<string> =>
  made(
    world.shop.asOwner.post(`/corporate/accounts/${accountId}/rules`, {
      name: 'All expenses',
      subject: 'expense',
      above: 0,
      steps: [{ role: 'manager', needed: 1 }],
      ...changes,
    }),
  );

const EXPENSE = {
  title: 'Trip',
  lines: [{ description: 'Taxi', category: 'travel', amount: 2350, spentOn: '2026-02-27' }],
};

/** An expense that waits for the manager. */
async function waiting(world: World): Promise<{ manager: Place; expenseId: string; approvalId: string }> {
  const manager = await somebody(world, ['manager']);
  const buyer = await somebody(world, ['buyer'], manager);
  await rule(world, manager.accountId);
  const expenseId = await made(buyer.client.post('/corporate/expenses', EXPENSE, { key: newId() }));
  const approvalId = await eventually(async () => {
    const inbox = await manager.client.get<{ data: { id: string }[] }>('/corporate/approvals?mine=true');
    return expectStatus(inbox, 200).data[0]?.id;
  });
  return { manager, expenseId, approvalId };
}

const ofAccount: Arrangement = async (world) => ({ path: { id: await account(world) } });
const ofDepartment: Arrangement = async (world) => ({
  path: {
    id: await made(
      world.shop.asOwner.post(`/corporate/accounts/${await account(world)}/departments`, { name: 'Empty' }),
    ),
  },
});
const ofPlace: Arrangement = async (world) => ({ client: (await somebody(world, ['buyer'])).client });
const ofDecision: Arrangement = async (world) => {
  const { manager, approvalId } = await waiting(world);
  return { client: manager.client, path: { id: approvalId } };
};
const delegation = (to: string): { to: string; from: string; until: string } => ({
  to,
  from: new Date(Date.now() + HOUR).toISOString(),
  until: new Date(Date.now() + 24 * HOUR).toISOString(),
});

const arrangements: Arrangements = {
  getCorporateAccount: ofAccount,
  changeCorporateAccount: ofAccount,
  listCorporatePeople: ofAccount,
  addDepartment: ofAccount,
  addApprovalRule: ofAccount,
  changeDepartment: ofDepartment,
  removeDepartment: ofDepartment,
  addCorporatePerson: async (world) => {
    const { user } = await world.customer(world.shop);
    return { path: { id: await account(world) }, body: { userId: user.id } };
  },
  changeCorporatePerson: async (world) => ({ path: { id: (await somebody(world, ['buyer'])).personId } }),
  removeApprovalRule: async (world) => ({ path: { id: await rule(world, await account(world)) } }),
  getOwnCorporatePlace: ofPlace,
  submitExpense: async (world) => {
    const buyer = await somebody(world, ['buyer']);
    await somebody(world, ['manager'], buyer);
    return { client: buyer.client };
  },
  delegateApprovals: async (world) => {
    const manager = await somebody(world, ['manager']);
    const other = await somebody(world, ['manager'], manager);
    return { client: manager.client, body: delegation(other.personId) };
  },
  endDelegation: async (world) => {
    const manager = await somebody(world, ['manager']);
    const other = await somebody(world, ['manager'], manager);
    expectStatus(await manager.client.call('PUT', '/corporate/me/delegation', delegation(other.personId)), 204);
    return { client: manager.client };
  },
  getApproval: ofDecision,
  approve: ofDecision,
  reject: ofDecision,
  getExpense: async (world) => ({ path: { id: (await waiting(world)).expenseId } }),
  reimburseExpense: async (world) => {
    const { manager, expenseId, approvalId } = await waiting(world);
    expectStatus(await manager.client.post(`/corporate/approvals/${approvalId}/approve`, {}), 200);
    await eventually(async () => {
      const expense = await world.shop.asOwner.get<{ status: string }>(`/corporate/expenses/${expenseId}`);
      return expectStatus(expense, 200).status === 'approved' || undefined;
    });
    const finance = await somebody(world, ['finance'], manager);
    return { client: finance.client, path: { id: expenseId } };
  },
};
export default arrangements;
