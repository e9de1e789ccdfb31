import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { knownMigrations, migrationStatus } from '../../kernel/database/migrator';
import { clusterFolder } from '../../start/database';
import { defineCommand } from '../command';

export const command = defineCommand({
  name: 'migrate:status',
  summary: 'which migrations are applied',
  usage: '[--check]',
  options: { check: { type: 'boolean', help: 'exit with 1 when some are pending' } },
  async run(context) {
    const { out, config, values } = context;
    let status: { applied: string[]; pending: string[] };
    if (config.databaseUrl === null && !existsSync(join(config.dataDir, 'postgres'))) {
      out.say(`There is no database yet in ${clusterFolder(config)}; the first start makes it.`);
      status = { applied: [], pending: knownMigrations().map((file) => file.replace(/\.(js|ts)$/, '')) };
    } else {
      const { appUrl, ownerUrl } = await context.database();
      status = await migrationStatus(ownerUrl ?? appUrl);
    }
    const { applied, pending } = status;
    const lines = [
      ...applied.map((name) => `  ${out.green('applied')}  ${name}`),
      ...pending.map((name) => `  ${out.yellow('pending')}  ${name}`),
      `${applied.length} applied, ${pending.length} pending`,
    ];
    out.result(status, lines.join('\n'));
    return values.check && pending.length > 0 ? 1 : 0;
  },
});
