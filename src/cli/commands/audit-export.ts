import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SYSTEM } from '../../kernel/auth/principal';
import { runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { defineCommand } from '../command';
import { UsageError } from '../context';
import { tenantIdOf } from '../tenant';

export const command = defineCommand({
  name: 'audit:export',
  summary: 'write the audit trail of an organization to a file',
  usage: '--tenant <slug> [--format csv|jsonl] [--from <time>] [--to <time>] [--out <file>]',
  description:
    'Oldest first. The export is itself an entry of the trail.\n\n' +
    '  npx --no mainstay audit:export --tenant demo --from 2026-01-01 --out trail.csv',
  options: {
    tenant: { type: 'string', help: '<slug> whose trail' },
    format: { type: 'string', help: '<csv|jsonl> default csv' },
    from: { type: 'string', help: '<time> at or after this time' },
    to: { type: 'string', help: '<time> before this time' },
    out: { type: 'string', help: '<file> where to write; default standard output' },
  },
  async run(context) {
    const { tenant, format = 'csv', from, to, out } = context.values;
    if (!tenant) throw new UsageError('Say with --tenant whose trail this is.');
    if (format !== 'csv' && format !== 'jsonl') throw new UsageError('--format is csv or jsonl.');
    for (const time of [from, to])
      if (time !== undefined && Number.isNaN(Date.parse(time)))
        throw new UsageError(`"${time}" is no time; write 2026-03-01 or 2026-03-01T12:00:00Z.`);
    const app = await context.application();
    const { QueryBus } = await import('@nestjs/cqrs');
    const { AuditedReads } = await import('../../kernel/audit/audited-read.js');
    const { ExportEntriesQuery } = await import('../../access/audit/contracts/export-entries.js');
    const tenantId = await tenantIdOf(context, tenant);
    await runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, async () => {
      await app.get(AuditedReads, { strict: false }).note('ExportAuditLogs', { target: { format, from, to } });
      const pieces = await app.get(QueryBus, { strict: false }).execute(new ExportEntriesQuery(format, { from, to }));
      if (out === undefined) return pipeline(Readable.from(pieces), process.stdout, { end: false });
      // A half-written file never has the name of a whole one.
      const draft = `${out}.${process.pid}.part`;
      try {
        await pipeline(Readable.from(pieces), createWriteStream(draft, { mode: 0o600 }));
        await rename(draft, out);
      } finally {
        await rm(draft, { force: true });
      }
    });
    if (out !== undefined) context.out.result({ tenant, file: out }, `The trail of ${tenant} is in ${out}`);
  },
});
