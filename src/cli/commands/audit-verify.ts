import { SYSTEM } from '../../kernel/auth/principal';
import { runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { EXIT } from '../../start/exit';
import { defineCommand } from '../command';
import { tenantIdOf } from '../tenant';

export const command = defineCommand({
  name: 'audit:verify',
  summary: 'compute the audit trail again and name the first entry that is not as it was sealed',
  usage: '[--tenant <slug>]',
  description:
    'Checks every trail, or that of one organization, against its seals, the signed heads, their copies in the schema of\n' +
    'the role mainstay_auditor, and the file MAINSTAY_AUDIT_HEADS_FILE where one is set. Entries that were changed,\n' +
    'deleted, put in, put into another order, or dropped from the end are found. Exit code 1 when anything is wrong.\n\n' +
    '  npx --no mainstay audit:verify --tenant demo',
  options: { tenant: { type: 'string', help: '<slug> only the trail of this organization' } },
  async run(context) {
    const { tenant } = context.values;
    const app = await context.application();
    const { QueryBus } = await import('@nestjs/cqrs');
    const { SealedTrailsQuery, VerifyTrailQuery } = await import('../../access/audit/contracts/verify-trail.js');
    const queries = app.get(QueryBus, { strict: false });
    const within = <T>(tenantId: string | null, work: () => Promise<T>): Promise<T> =>
      runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, work);
    const trails = tenant
      ? [await tenantIdOf(context, tenant)]
      : await within(null, () => queries.execute(new SealedTrailsQuery()));
    const reports = [];
    for (const tenantId of trails) {
      const bar = context.out.progress(`Verifying ${tenant ?? tenantId}`);
      let before = 0;
      const progress = (done: number, of: number): void => {
        bar.advance(done - before, of);
        before = done;
      };
      reports.push({ tenantId, ...(await within(tenantId, () => queries.execute(new VerifyTrailQuery(progress)))) });
      bar.finish();
    }
    const broken = reports.filter(({ ok }) => !ok);
    const lines = reports.map(({ tenantId, ok, entries, fault, removedUpTo, waiting, head }) => {
      const name = tenant ?? tenantId;
      if (!ok)
        return `${name}: ${context.out.red('broken')}: ${fault!.detail}${fault!.entryId ? ` (${fault!.entryId})` : ''}`;
      const kept = removedUpTo > 0 ? `, ${removedUpTo} removed by retention` : '';
      return `${name}: ok, ${entries} entries${kept}, ${waiting} wait for their seal${head ? `, head ${head.hash.slice(0, 16)}` : ''}`;
    });
    const sum =
      broken.length > 0
        ? `${broken.length} of ${reports.length} trails are broken.`
        : reports.length === 0
          ? 'There is no sealed trail yet.'
          : `All ${reports.length} trails are as they were sealed.`;
    context.out.result({ ok: broken.length === 0, trails: reports }, [...lines, sum].join('\n'));
    return broken.length > 0 ? EXIT.failed : EXIT.ok;
  },
});
