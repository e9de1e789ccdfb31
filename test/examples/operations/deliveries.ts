import { Client } from 'pg';
import type { Arrangements } from '../world';
import { order } from './orders';

const arrangements: Arrangements = {
  replayDelivery: async ({ shop, server }) => {
    await order(shop, 'declined');
    const admin = new Client({ connectionString: server.database.superuserUrl });
    await admin.connect();
    const { rows } = await admin
      .query<{ id: string }>(
        `update kernel.deliveries set state = 'dead' where tenant_id = $1 and kind = 'timer' returning id`,
        [shop.id],
      )
      .finally(() => admin.end());
    return { path: { id: rows[0].id } };
  },
};
export default arrangements;
