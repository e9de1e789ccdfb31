import { Client } from 'pg';
import { clock } from '../../kernel/clock/clock';
import { Keyring } from '../../kernel/crypto/keyring';
import { productVersion } from '../../start/start';
import { ArchiveWriter } from '../backup/archive';
import { appliedMigrations, asOwnerOf, backupTables, checksumOf, PLAIN } from '../backup/tables';
import { defineCommand } from '../command';
import { UsageError } from '../context';

const AT_ONCE = 1_000;

export const command = defineCommand({
  name: 'backup:create',
  summary: 'write all data into one file, as of one moment',
  usage: '<file>',
  description:
    'Reads every table in one snapshot while the server goes on. The file holds checksums, and is readable by you alone;\n' +
    'columns that are sealed stay sealed: keep MAINSTAY_SECRET_KEY (or the key in the data folder) in another place.\n' +
    'Jobs in the queues are left out: they are handed over again.\n\n' +
    '  npx --no mainstay backup:create mainstay-$(date +%F).backup',
  positionals: 1,
  options: {},
  async run(context) {
    const [file] = context.args;
    if (!file) throw new UsageError('Say which file to write.');
    const client = new Client({ connectionString: await context.ownerUrl(), options: PLAIN });
    await client.connect();
    const archive = new ArchiveWriter(file);
    try {
      await client.query('begin isolation level repeatable read read only');
      const tables = await backupTables(client);
      await archive.head({
        format: 'mainstay-backup',
        version: 1,
        product: productVersion(),
        createdAt: clock.now().toISOString(),
        migrations: await appliedMigrations(client),
        keyId: Keyring.of(context.config).currentId,
      });
      const progress = context.out.progress('tables', tables.length);
      let total = 0;
      for (const table of tables) {
        await archive.table(table.name);
        const { rows, sum } = await asOwnerOf(client, table, async () => {
          const checked = await checksumOf(client, table.name);
          await client.query(`declare rows no scroll cursor for select to_jsonb(t)::text as row from ${table.name} t`);
          for (;;) {
            const fetched = await client.query<{ row: string }>(`fetch ${AT_ONCE} from rows`);
            await archive.rows(fetched.rows.map(({ row }) => row));
            if (fetched.rows.length < AT_ONCE) break;
          }
          await client.query('close rows');
          return checked;
        });
        await archive.end({ end: table.name, rows, sum });
        total += rows;
        progress.advance();
      }
      await client.query('commit');
      await archive.finish();
      progress.finish();
      const text = `${total} rows of ${tables.length} tables are in ${file}. It cannot be used without the secret key.`;
      context.out.result({ file, tables: tables.length, rows: total }, text);
    } catch (error) {
      await archive.abandon();
      throw error;
    } finally {
      await client.end();
    }
  },
});
