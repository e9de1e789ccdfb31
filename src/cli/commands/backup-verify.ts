import { readArchive } from '../backup/archive';
import { defineCommand } from '../command';
import { UsageError } from '../context';

export const command = defineCommand({
  name: 'backup:verify',
  summary: 'check that a backup is whole and unchanged',
  usage: '<file>',
  description:
    'Reads the file from its first line to its last; no database is asked. A restore checks the same, and more.',
  positionals: 1,
  options: {},
  async run(context) {
    const [file] = context.args;
    if (!file) throw new UsageError('Say which file to check.');
    const counted = { tables: 0, rows: 0 };
    const { createdAt, product } = await readArchive(file, {
      end: ({ rows }) => {
        counted.tables += 1;
        counted.rows += rows;
      },
    });
    const text = `${file} is whole: ${counted.rows} rows of ${counted.tables} tables, made ${createdAt} by Mainstay ${product}.`;
    context.out.result({ file, createdAt, product, ...counted }, text);
  },
});
