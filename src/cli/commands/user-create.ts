import { SYSTEM } from '../../kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { newId, newSecret } from '../../kernel/ids/ids';
import { EXIT, ExitError } from '../../start/exit';
import { defineCommand } from '../command';
import { UsageError } from '../context';
import { askPassword } from '../ask-password';

const options = {
  name: { type: 'string', help: '<name> name of the person; default the part before the @' },
  operator: { type: 'boolean', help: 'a platform operator: sees queues, deliveries and metrics, no tenant' },
  'owner-of': { type: 'string', help: '<slug> make the user an owner of this organization' },
  'new-organization': { type: 'string', help: '<name> open an organization with the user as its owner' },
  'password-stdin': { type: 'boolean', help: 'read the password from the first line of stdin' },
} as const;

export const command = defineCommand({
  name: 'user:create',
  summary: 'create a user: an operator, or the owner of an organization',
  usage: '<email> [--operator] [--owner-of <slug> | --new-organization <name>] [--password-stdin]',
  description:
    'The address counts as verified. Asks for the password on a terminal; without one, and without --password-stdin,\n' +
    'a password is made and shown once. A user who exists keeps name and password and only gets the new role.',
  positionals: 1,
  options,
  async run(context) {
    const [email] = context.args;
    const { operator = false, 'owner-of': ownerOf, 'new-organization': newOrganization } = context.values;
    if (!email) throw new UsageError('Say the e-mail address.');
    if (ownerOf !== undefined && newOrganization !== undefined) {
      throw new UsageError('Use --owner-of or --new-organization, not both.');
    }
    const name = context.values.name ?? email.split('@')[0];
    const app = await context.application();
    const { CommandBus, QueryBus } = await import('@nestjs/cqrs');
    const { CreateUserCommand } = await import('../../access/identity/contracts/create-user.js');
    const { FindOrganizationQuery } = await import('../../access/organizations/contracts/find-organization.js');
    const { AddMemberCommand } = await import('../../access/organizations/contracts/add-member.js');
    const { CreateOrganizationCommand } = await import('../../access/organizations/contracts/create-organization.js');
    const commands = app.get(CommandBus, { strict: false });
    const within = <T>(tenantId: string, work: () => Promise<T>): Promise<T> =>
      runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, work);

    const target =
      ownerOf === undefined
        ? null
        : await within(PLATFORM_TENANT, () =>
            app.get(QueryBus, { strict: false }).execute(new FindOrganizationQuery({ reference: ownerOf })),
          );
    if (ownerOf !== undefined && !target) throw new ExitError(EXIT.failed, `There is no organization "${ownerOf}".`);
    const given = await askPassword(context, context.values['password-stdin'] ?? false);
    const password = given ?? newSecret(15);
    const { userId, created } = await within(PLATFORM_TENANT, () =>
      commands.execute(new CreateUserCommand({ email, name, password, operator })),
    );
    const organization =
      newOrganization !== undefined
        ? await within(PLATFORM_TENANT, () =>
            commands.execute(new CreateOrganizationCommand({ name: newOrganization, ownerUserId: userId })),
          )
        : target;
    if (target)
      await within(target.id, () =>
        commands.execute(new AddMemberCommand({ tenantId: target.id, userId, role: 'owner' })),
      );

    const made = created && given === null ? { password } : {};
    const roles = [operator ? 'operator' : null, organization ? `owner of ${organization.slug}` : null].filter(Boolean);
    const lines = [
      `${created ? 'Created' : 'Exists already'}: ${email}${roles.length > 0 ? ` (${roles.join(', ')})` : ''}`,
      ...(made.password ? [`Password: ${made.password}  (shown this once)`] : []),
    ];
    context.out.result({ userId, created, email, operator, organization, ...made }, lines.join('\n'));
  },
});
