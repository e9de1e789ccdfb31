import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { eventually } from '../../support/eventually';
import type { Arrangements, Example, World } from '../world';

/** A request to notify the shop's owner, and what came of it. */
const notified = async ({ shop }: World, at?: string): Promise<{ batchId: string }> => {
  const body = {
    segment: { roles: ['owner'] },
    template: 'notice',
    data: { title: `Example ${newId()}`, body: 'An example.' },
    ...(at ? { at } : {}),
  };
  return { batchId: expectStatus(await shop.asOwner.post<{ id: string }>('/notifications', body), 201).id };
};

const inInbox = async (world: World): Promise<Example> => {
  await notified(world);
  const id = await eventually(async () => {
    const { data } = (await world.shop.asOwner.get<{ data: { id: string }[] }>('/notifications')).body;
    return data[0]?.id;
  });
  return { path: { id } };
};

/** A template that the shop wrote itself. */
const written = async ({ shop }: World): Promise<Example> => {
  const name = `t-${newId()}`;
  const source = { subject: 'Hello', text: 'Hello', body: '<mj-text>Hello</mj-text>' };
  expectStatus(await shop.asOwner.post('/templates', { name, source }), 201);
  return { path: { templateName: name } };
};
const products = (): Example => ({ path: { templateName: 'order-confirmation' } });

const arrangements: Arrangements = {
  getNotification: inInbox,
  markNotification: inInbox,
  listDeliveriesOfNotification: inInbox,
  // Nothing here was given up.
  retryNotificationDelivery: async (world) => {
    await notified(world);
    const id = await eventually(async () => {
      const { data } = (await world.shop.asOwner.get<{ data: { id: string }[] }>('/notifications/deliveries')).body;
      return data[0]?.id;
    });
    return { path: { id }, status: 409 };
  },
  getNotificationBatch: async (world) => ({ path: { id: (await notified(world)).batchId } }),
  cancelNotificationBatch: async (world) => ({
    path: { id: (await notified(world, '2040-01-01T12:00:00Z')).batchId },
  }),
  getTemplate: products,
  previewTemplate: products,
  testTemplate: products,
  listTemplateVersions: written,
  activateTemplate: written,
  resetTemplate: written,
  removeSuppression: async ({ shop }) => {
    const address = `${newId()}@example.org`;
    expectStatus(await shop.asOwner.post('/suppressions', { channel: 'email', address }), 201);
    const { data } = (
      await shop.asOwner.get<{ data: { id: string }[] }>(`/suppressions?address=${encodeURIComponent(address)}`)
    ).body;
    return { path: { id: data[0].id } };
  },
};

export default arrangements;
