import { SYSTEM } from '../../kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { defineCommand } from '../command';

export const command = defineCommand({
  name: 'keys:list',
  summary: 'the keys that sign access tokens',
  usage: '',
  description:
    'The one that signs, the next one (published in /.well-known/jwks.json already), and those that still verify what they\n' +
    'signed. The next one takes over after MAINSTAY_SIGNING_KEY_DAYS by itself.',
  options: {},
  async run(context) {
    const app = await context.application();
    const { QueryBus } = await import('@nestjs/cqrs');
    const { SigningKeysQuery } = await import('../../access/identity/contracts/signing-keys.js');
    const keys = await runInContext({ requestId: newId(), tenantId: PLATFORM_TENANT, principal: SYSTEM }, () =>
      app.get(QueryBus, { strict: false }).execute(new SigningKeysQuery()),
    );
    const day = (time: Date | null): string => time?.toISOString().slice(0, 16).replace('T', ' ') ?? '-';
    const lines = keys.map(({ kid, state, createdAt, signsFrom, retiresAt }) =>
      [kid.padEnd(18), state.padEnd(10), day(createdAt), day(signsFrom).padEnd(16), day(retiresAt)]
        .join('  ')
        .trimEnd(),
    );
    const title = ['id'.padEnd(18), 'state'.padEnd(10), 'made'.padEnd(16), 'signs from'.padEnd(16), 'verifies until'];
    context.out.result({ keys }, [title.join('  '), ...lines].join('\n'));
  },
});
