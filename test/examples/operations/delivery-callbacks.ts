import { newId } from '../../../src/kernel/ids/ids';
import type { Arrangements } from '../world';

/** No provider is set up for the examples: its signature would be missing too. */
const arrangements: Arrangements = {
  receiveDeliveryCallback: () => ({ path: { provider: 'sendgrid' }, status: 404 }),
  receiveTwilioCallback: () => ({ path: { tenantId: newId(), messageId: newId() }, status: 404 }),
};

export default arrangements;
