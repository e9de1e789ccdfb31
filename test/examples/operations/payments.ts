import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { eventually } from '../../support/eventually';
import type { Shop } from '../../support/shop';
import type { Arrangements, Example, World } from '../world';
import { order } from './orders';

const stripe = async ({ shop }: World): Promise<Example> => {
  const body = { provider: 'stripe', credentials: { secretKey: `sk_test_${newId().replaceAll('-', '')}` } };
  const { id } = expectStatus(await shop.asOwner.post<{ id: string }>('/payment-gateways', body), 201);
  return { path: { id } };
};

/** A payment that its gateway has reserved, in a shop that captures later. */
const reserved = async ({ ownShop }: World): Promise<Example & { shop: Shop; orderId: string }> => {
  const shop = await ownShop();
  const sandbox = { provider: 'sandbox', credentials: {}, capture: 'manual' };
  expectStatus(await shop.asOwner.post('/payment-gateways', sandbox), 201);
  const placed = await order(shop, 'success');
  return { shop, client: shop.asOwner, path: { id: placed.payment.id }, orderId: placed.order.id };
};

/** A payment of which a part may go back. */
const captured = async ({ shop }: World): Promise<Example> => {
  const { payment, order: placed } = await order(shop, 'success');
  return { body: { paymentId: payment.id, amount: undefined, lines: [{ lineId: placed.lines[0].id, quantity: 1 }] } };
};
const refunded = async (world: World): Promise<Example> => {
  const { body } = await captured(world);
  const made = await world.shop.asOwner.post<{ id: string }>('/refunds', body, { key: newId() });
  return { path: { id: expectStatus(made, 201).id } };
};

/** A disputed payment; the sandbox's webhook brings the dispute. */
const disputed = async ({ shop }: World): Promise<Example & { path: { id: string } }> => {
  const { payment } = await order(shop, 'disputed');
  const id = await eventually(async () => {
    const found = await shop.asOwner.get<{ data: { id: string }[] }>(`/disputes?paymentId=${payment.id}`);
    return expectStatus(found, 200).data[0]?.id;
  });
  return { path: { id } };
};

const sandboxOf = async (shop: Shop): Promise<string> => {
  const found = await shop.asOwner.get<{ data: { id: string; provider: string }[] }>('/payment-gateways');
  return expectStatus(found, 200).data.find(({ provider }) => provider === 'sandbox')!.id;
};
const compared = async ({ shop }: World): Promise<Example> => {
  const body = { gatewayId: await sandboxOf(shop), from: '2026-02-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };
  const made = await shop.asOwner.post<{ id: string }>('/reconciliations', body, { key: newId() });
  return { path: { id: expectStatus(made, 202).id } };
};

const kept = async ({ shop }: World): Promise<Example> => {
  const body = { type: 'sandbox', token: 'success', consent: 'Keep it for my orders.', consented: true };
  const made = await shop.asOwner.post<{ id: string }>('/payment-methods', body, { key: newId() });
  return { path: { id: expectStatus(made, 201).id } };
};

const arrangements: Arrangements = {
  reconcilePayments: async ({ shop }) => ({ body: { gatewayId: await sandboxOf(shop) } }),
  getReconciliation: compared,
  listReconciliationRows: compared,
  resolveReconciliationRow: {
    notSent: 'It needs a difference to the report of a provider; test/flows/disputes resolves one.',
  },
  getPayout: { notSent: 'It needs a payout of a provider; test/flows/disputes reads one.' },
  getDispute: disputed,
  saveDisputeEvidence: disputed,
  putDisputeFiles: disputed,
  acceptDispute: disputed,
  submitDisputeEvidence: async (world) => {
    const example = await disputed(world);
    const saved = await world.shop.asOwner.call('PATCH', `/disputes/${example.path.id}/evidence`, {
      uncategorizedText: 'x',
    });
    expectStatus(saved, 200);
    return example;
  },
  createRefund: captured,
  getRefund: refunded,
  getPayment: async ({ shop }) => ({ path: { id: (await order(shop, 'success')).payment.id } }),
  returnFromPayment: async ({ shop }) => ({ path: { id: (await order(shop, 'requires_action')).payment.id } }),
  captureOrder: async (world) => {
    const { client, orderId } = await reserved(world);
    return { client, path: { id: orderId } };
  },
  capturePayment: reserved,
  voidPayment: reserved,
  startApplePaySession: { notSent: 'Apple answers it; test/flows/saved-methods asks a double of Apple.' },
  saveApplePay: () => ({ body: { merchant: undefined, association: '7B227073704964223A224578616D706C65227D' } }),
  getApplePayAssociation: async ({ shop }) => {
    const body = { association: '7B227073704964223A224578616D706C65227D' };
    expectStatus(await shop.asOwner.call('PUT', '/apple-pay', body), 200);
    return {};
  },
  chooseDefaultPaymentMethod: kept,
  removePaymentMethod: kept,
  returnFromPaymentMethod: kept,
  continuePayment: async ({ shop }) => ({ path: { id: (await order(shop, 'requires_action')).payment.id } }),
  routePayment: async ({ shop }) => {
    await sandboxOf(shop);
    return { query: { method: 'sandbox', amount: '1250', currency: 'EUR' } };
  },
  savePaymentRouting: async ({ shop }) => ({
    body: { rules: [{ methods: ['sandbox'], gateways: [{ gatewayId: await sandboxOf(shop), weight: 1 }] }] },
  }),
  getPaymentGateway: stripe,
  changePaymentGateway: stripe,
  receivePaymentWebhook: {
    notSent: 'Only the provider can sign it; test/flows/payments-over-http sends what the sandbox signs.',
  },
  replayPaymentWebhookEvent: {
    notSent: 'It needs a webhook that a provider has signed; test/flows/payment-gateways replays one.',
  },
};
export default arrangements;
