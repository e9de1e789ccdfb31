import { expectStatus } from '../../support/client';
import { eventually } from '../../support/eventually';
import { connect } from '../../support/realtime';
import type { Arrangements, Example, World } from '../world';

/** A live connection of the shop's owner; ended by the example, or with the server. */
const connection = async ({ server, ownShop }: World): Promise<Example> => {
  const shop = await ownShop();
  const socket = await connect(server.url, shop.owner.accessToken);
  // A connection that the test forgets must not keep its process.
  socket.io.engine.on('close', () => socket.close());
  const id = await eventually(async () => {
    const list = await shop.asOwner.get<{ data: { id: string }[] }>('/connections');
    return expectStatus(list, 200).data[0]?.id;
  });
  return { client: shop.asOwner, path: { id } };
};

const arrangements: Arrangements = {
  endConnection: connection,
  endAnyConnection: async (world) => ({ ...(await connection(world)), client: world.operator }),
};
export default arrangements;
