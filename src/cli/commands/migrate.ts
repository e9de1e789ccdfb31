import { migrate } from '../../kernel/database/migrator';
import { EXIT, ExitError } from '../../start/exit';
import { defineCommand } from '../command';

export const command = defineCommand({
  name: 'migrate',
  summary: 'bring the database up to this release',
  usage: '',
  description:
    'Runs every pending migration in a transaction of its own, as the owner of the tables, under a lock that lets one\n' +
    'process migrate at a time. Statements that would wait for the application longer than 5 s are given up.',
  options: {},
  async run(context) {
    const url = await context.ownerUrl();
    const { description } = await context.database();
    const { applied, total } = await migrate(url).catch((error: Error & { code?: string }) => {
      if (error.code !== '55P03') throw error;
      throw new ExitError(
        EXIT.busy,
        'A table is held by a long transaction; nothing of that migration was applied. Try again.',
      );
    });
    const text =
      applied.length === 0
        ? `Up to date: ${total} migrations, ${description}`
        : `${applied.map((name) => `  applied  ${name}`).join('\n')}\n${applied.length} applied, ${total} in all, ${description}`;
    context.out.result({ applied, total }, text);
  },
});
