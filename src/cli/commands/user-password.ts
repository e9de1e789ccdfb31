import { SYSTEM } from '../../kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { newId, newSecret } from '../../kernel/ids/ids';
import { defineCommand } from '../command';
import { UsageError } from '../context';
import { askPassword } from '../ask-password';

export const command = defineCommand({
  name: 'user:password',
  summary: "set a user's password and end all of its sessions",
  usage: '<email> [--password-stdin]',
  description:
    'Asks for the password on a terminal; without one, and without --password-stdin, a password is made and shown once.',
  positionals: 1,
  options: { 'password-stdin': { type: 'boolean', help: 'read the password from the first line of stdin' } },
  async run(context) {
    const [email] = context.args;
    if (!email) throw new UsageError('Say the e-mail address.');
    await context.confirm(`Set the password of ${email} and end all of its sessions?`);
    const app = await context.application();
    const { CommandBus } = await import('@nestjs/cqrs');
    const { SetPasswordCommand } = await import('../../access/identity/contracts/set-password.js');
    const given = await askPassword(context, context.values['password-stdin'] ?? false);
    const password = given ?? newSecret(15);
    const { userId } = await runInContext({ requestId: newId(), tenantId: PLATFORM_TENANT, principal: SYSTEM }, () =>
      app.get(CommandBus, { strict: false }).execute(new SetPasswordCommand({ email, password })),
    );
    const made = given === null ? { password } : {};
    const shown = made.password ? `\nPassword: ${made.password}  (shown this once)` : '';
    context.out.result(
      { userId, email, ...made },
      `The password of ${email} was set, its sessions have ended.${shown}`,
    );
  },
});
