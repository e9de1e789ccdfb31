import type { Arrangements } from '../world';
import { order } from './orders';

const arrangements: Arrangements = {
  getPayment: async ({ shop }) => ({ path: { id: (await order(shop, 'success')).payment.id } }),
  returnFromPayment: async ({ shop }) => ({ path: { id: (await order(shop, 'requires_action')).payment.id } }),
  receivePaymentWebhook: {
    notSent: 'Only the provider can sign it; test/flows/payments-over-http sends what the sandbox signs.',
  },
};
export default arrangements;
