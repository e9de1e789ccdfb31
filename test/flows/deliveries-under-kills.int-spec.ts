import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { deliveriesUnderKills } from '../scenarios/deliveries-under-kills';

it('has each effect exactly once: 300 events, two reactions, failing handlers, killed workers', async () => {
  const outcome = await deliveriesUnderKills(DeliveryWorker);
  expect(outcome).toMatchObject({ wrong: 0, effects: 600, left: 0 });
  expect(outcome.kills).toBeGreaterThanOrEqual(8);
});
