import { Client } from 'pg';
import { Keyring } from '../../kernel/crypto/keyring';
import { readArchive } from '../backup/archive';
import { Restore } from '../backup/restore';
import { PLAIN } from '../backup/tables';
import { defineCommand } from '../command';
import { UsageError } from '../context';

export const command = defineCommand({
  name: 'backup:restore',
  summary: 'bring a backup into an empty database, and verify it',
  usage: '<file>',
  description:
    'Stop the server first. The database is brought up to this release, must be empty of organizations and users, and gets\n' +
    'all of the backup or nothing. Every table is compared with the checksum of the backup, every reference is checked.\n' +
    'The release and the secret key are those that the backup was made with.\n\n' +
    '  npx --no mainstay backup:restore mainstay-2026-11-21.backup --yes',
  positionals: 1,
  options: {},
  async run(context) {
    const [file] = context.args;
    if (!file) throw new UsageError('Say which file to restore.');
    await readArchive(file, {});
    const url = await context.ownerUrl();
    await context.confirm('Fill this database from the backup?');
    const { migrate } = await import('../../kernel/database/migrator.js');
    await migrate(url);
    const client = new Client({ connectionString: url, options: PLAIN });
    await client.connect();
    const progress = context.out.progress('rows');
    try {
      await client.query('begin');
      const keyring = Keyring.of(context.config);
      const restored = await new Restore(client, keyring.ids, (rows) => progress.advance(rows)).run(file);
      await client.query('commit');
      progress.finish();
      const text = `${restored.rows} rows of ${restored.tables} tables are restored and verified.`;
      context.out.result({ file, ...restored }, text);
    } finally {
      // Ending the connection undoes whatever was not committed.
      await client.end();
    }
  },
});
