import { defineCommand } from '../command';
import { EXIT } from '../../start/exit';

export const command = defineCommand({
  name: 'seed',
  summary: 'fill an empty database with the demo shop',
  usage: '',
  description:
    'Makes the tenant "demo" with products, stock, customers and past orders, and one account of each role with a password\n' +
    'that is shown once. Where the demo shop exists nothing changes. Development servers do this at their first start.',
  options: {},
  async run(context) {
    if (context.config.isProduction) await context.confirm('Put the demo shop and its accounts into this database?');
    const app = await context.application();
    const { seed } = await import('../../seed/seed.js');
    const { firstLogin } = await seed(app, context.config.with({ seed: true }));
    const made = Object.fromEntries(firstLogin.map(({ key, value }) => [key, value]));
    const text = firstLogin.map(({ label, value }) => `  ${label.padEnd(11)}  ${value}`).join('\n');
    context.out.result(
      { seeded: firstLogin.length > 0, ...made },
      text === '' ? 'The demo shop exists; nothing was changed.' : `The demo shop is there.\n${text}`,
    );
    return EXIT.ok;
  },
});
