import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { mailTo, signUp } from '../../support/shop';
import type { Arrangements, World } from '../world';

/** Somebody who was invited: the invitation, and the token of its mail. */
async function invited(
  { shop, anyone }: World,
  email = `invited-${newId().slice(-12)}@example.com`,
): Promise<{ id: string; email: string; token: string }> {
  const made = await shop.asOwner.post<{ id: string }>('/invitations', { email, role: 'staff' });
  const { text } = await mailTo(anyone, email, /invit|join/i);
  return { id: expectStatus(made, 201).id, email, token: /\/invitations\/([\w-]+)/.exec(text)![1] };
}

const arrangements: Arrangements = {
  lookAtInvitation: async (world) => ({ client: world.anyone, body: { token: (await invited(world)).token } }),
  registerInvited: async (world) => ({ client: world.anyone, body: { token: (await invited(world)).token } }),
  acceptInvitation: async (world) => {
    const email = `invited-${newId().slice(-12)}@example.com`;
    const guest = await signUp(world.anyone, { email, name: 'Gina', organizationName: 'Gina alone' });
    const { token } = await invited(world, email);
    return { client: world.anyone.as({ token: guest.accessToken }), body: { token } };
  },
  revokeInvitation: async (world) => ({ path: { id: (await invited(world)).id } }),
  resendInvitation: async (world) => ({ path: { id: (await invited(world)).id } }),
};
export default arrangements;
