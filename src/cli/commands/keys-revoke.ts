import { SYSTEM } from '../../kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { defineCommand } from '../command';

export const command = defineCommand({
  name: 'keys:revoke',
  summary: 'void a key that others may hold, and all tokens that it signed',
  usage: '[<key id>]',
  description:
    'Without an id, the key that signs now. Within seconds no process takes a token that it signed; clients get new ones\n' +
    'with their refresh tokens, and sockets connect again. keys:list shows the ids.\n\n' +
    'Where the database or MAINSTAY_SECRET_KEY may have been read, end all sessions and change that key too.',
  positionals: 1,
  options: {},
  async run(context) {
    const [kid] = context.args;
    await context.confirm(`Void ${kid ? `the key ${kid}` : 'the key that signs now'} and every token that it signed?`);
    const app = await context.application();
    const { CommandBus } = await import('@nestjs/cqrs');
    const { RevokeSigningKeyCommand } = await import('../../access/identity/contracts/signing-keys.js');
    const done = await runInContext({ requestId: newId(), tenantId: PLATFORM_TENANT, principal: SYSTEM }, () =>
      app.get(CommandBus, { strict: false }).execute(new RevokeSigningKeyCommand(kid)),
    );
    context.out.result(done, `The key ${done.revoked} is void. The key ${done.kid} signs from now on.`);
  },
});
