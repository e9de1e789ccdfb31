import { SYSTEM } from '../../kernel/auth/principal';
import { runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { EXIT } from '../../start/exit';
import { defineCommand } from '../command';
import { tenantIdOf } from '../tenant';

export const command = defineCommand({
  name: 'ledger:verify',
  summary: 'compute the ledger again and name the first journal that is not as it was sealed',
  usage: '[--tenant <slug>]',
  description:
    'Checks every ledger, or that of one organization: each journal and posting against the hash chain, the chain against\n' +
    'its head, debits against credits, every balance against the sum of its postings. Exit code 1 when anything is wrong.\n\n' +
    '  npx --no mainstay ledger:verify --tenant demo',
  options: { tenant: { type: 'string', help: '<slug> only the ledger of this organization' } },
  async run(context) {
    const { tenant } = context.values;
    const app = await context.application();
    const { QueryBus } = await import('@nestjs/cqrs');
    const { SealedLedgersQuery, VerifyLedgerQuery } = await import('../../money/ledger/contracts/verify-ledger.js');
    const queries = app.get(QueryBus, { strict: false });
    const within = <T>(tenantId: string | null, work: () => Promise<T>): Promise<T> =>
      runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, work);
    const ledgers = tenant
      ? [await tenantIdOf(context, tenant)]
      : await within(null, () => queries.execute(new SealedLedgersQuery()));
    const reports = [];
    for (const tenantId of ledgers) {
      const bar = context.out.progress(`Verifying ${tenant ?? tenantId}`);
      let before = 0;
      const progress = (done: number, of: number): void => {
        bar.advance(done - before, of);
        before = done;
      };
      reports.push({ tenantId, ...(await within(tenantId, () => queries.execute(new VerifyLedgerQuery(progress)))) });
      bar.finish();
    }
    const broken = reports.filter(({ ok }) => !ok);
    const lines = reports.map(({ tenantId, ok, journals, accounts, fault, waiting, head }) => {
      const name = tenant ?? tenantId;
      if (!ok)
        return `${name}: ${context.out.red('broken')}: ${fault!.detail}${fault!.journalId ? ` (${fault!.journalId})` : ''}`;
      return `${name}: ok, ${journals} journals, ${accounts} accounts, ${waiting} wait for their seal${head ? `, head ${head.hash.slice(0, 16)}` : ''}`;
    });
    const sum =
      broken.length > 0
        ? `${broken.length} of ${reports.length} ledgers are broken.`
        : reports.length === 0
          ? 'There is no sealed ledger yet.'
          : `All ${reports.length} ledgers are as they were sealed, and their balances add up.`;
    context.out.result({ ok: broken.length === 0, ledgers: reports }, [...lines, sum].join('\n'));
    return broken.length > 0 ? EXIT.failed : EXIT.ok;
  },
});
