import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import type { Arrangement, Arrangements, World } from '../world';

const ofRole: Arrangement = async ({ shop }: World) => {
  const made = await shop.asOwner.post<{ id: string }>('/roles', {
    name: `Role ${newId().slice(-8)}`,
    permissions: ['orders:read'],
  });
  return { path: { id: expectStatus(made, 201).id } };
};

const arrangements: Arrangements = { getRole: ofRole, changeRole: ofRole, deleteRole: ofRole };
export default arrangements;
