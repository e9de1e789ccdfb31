import { SYSTEM } from '../../kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { defineCommand } from '../command';

export const command = defineCommand({
  name: 'keys:rotate',
  summary: 'let the next key sign access tokens from now on',
  usage: '',
  description:
    'Nobody is signed out: what the former key signed stays good until it expires. This happens by itself every\n' +
    'MAINSTAY_SIGNING_KEY_DAYS. Where a key may be in the hands of others, keys:revoke is what you want.',
  options: {},
  async run(context) {
    await context.confirm('Let the next key sign access tokens?');
    const app = await context.application();
    const { CommandBus } = await import('@nestjs/cqrs');
    const { RotateSigningKeyCommand } = await import('../../access/identity/contracts/signing-keys.js');
    const { kid } = await runInContext({ requestId: newId(), tenantId: PLATFORM_TENANT, principal: SYSTEM }, () =>
      app.get(CommandBus, { strict: false }).execute(new RotateSigningKeyCommand()),
    );
    context.out.result({ kid }, `The key ${kid} signs access tokens from now on.`);
  },
});
