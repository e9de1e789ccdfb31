import { expectStatus } from '../../support/client';
import type { Arrangements, Example, World } from '../world';

const key = async ({ shop }: World): Promise<Example> => {
  const made = await shop.asOwner.post<{ id: string }>('/api-keys', { name: 'Example', scopes: ['orders:read'] });
  return { path: { id: expectStatus(made, 201).id } };
};

const inAMonth = (): string => new Date(Date.now() + 30 * 86_400_000).toISOString();

const arrangements: Arrangements = {
  createApiKey: () => ({ body: { expiresAt: inAMonth() } }),
  getApiKey: key,
  changeApiKey: async (world) => ({ ...(await key(world)), body: { expiresAt: inAMonth() } }),
  rotateApiKey: key,
  revokeApiKey: key,
};
export default arrangements;
