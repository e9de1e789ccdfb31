import type { FieldSet } from '../../kernel/tabular/fields';
import type { RowFault } from '../../kernel/tabular/import-report';
import { SYSTEM } from '../../kernel/auth/principal';
import { runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { EXIT } from '../../start/exit';
import { defineCommand } from '../command';
import type { CliContext } from '../context';
import { UsageError } from '../context';
import { changesOf, ImportRun, type RunReport } from '../../kernel/tabular/import-run';
import type { Profile } from '../../kernel/tabular/profile';
import type { EntityImporter } from '../../kernel/tabular/importer';
import { reportText } from '../import/report-text';
import { tenantIdOf } from '../tenant';

const MOST_FAULTS_SHOWN = 50;

const options = {
  tenant: { type: 'string', help: '<slug> the shop that the rows belong to' },
  profile: {
    type: 'string',
    help: '<name|file> how the files are read: a built-in profile, one that the shop keeps, or a JSON file',
  },
  'dry-run': { type: 'boolean', help: 'judge every row and write nothing' },
  'accept-partial': { type: 'boolean', help: 'import the good rows although others are refused' },
} as const;

export const command = defineCommand({
  name: 'import',
  summary: 'import products, customers and orders from CSV files and workbooks',
  usage: '<folder|file> --tenant <slug> [--profile <name|file>] [--dry-run] [--accept-partial]',
  description:
    'Judges every row first; if one is refused nothing is written, unless --accept-partial. Repeating an import changes\n' +
    'only what is different. Without --profile, files are called products.csv and customers.csv (or .xlsx) and their columns\n' +
    'as an export writes them.\n\n' +
    '  npx --no mainstay import ../northwind --profile northwind --tenant demo',
  positionals: 1,
  options,
  async run(context) {
    const [target] = context.args;
    const { tenant, profile: profileName } = context.values;
    if (!target) throw new UsageError('Say which folder or file to import.');
    if (!tenant) throw new UsageError('Say with --tenant whose data this is.');
    const { PRODUCT_FIELDS } = await import('../../commerce/catalog/contracts/import-products.js');
    const { CUSTOMER_FIELDS } = await import('../../commerce/customers/contracts/import-customers.js');
    const { findFiles, loadProfile } = await import('../import/import-files.js');
    const plain: Record<string, FieldSet> = { products: PRODUCT_FIELDS, customers: CUSTOMER_FIELDS };
    const profile = profileName ? await loadProfile(profileName, (name) => savedProfile(context, tenant, name)) : null;
    const files = await findFiles(target, profile, plain);
    const importers = await importersFor(context);
    const unknown = files.sheets.find((sheet) => !Object.hasOwn(importers, sheet.entity));
    if (unknown)
      throw new UsageError(
        `The profile has a sheet of ${unknown.entity}; known: ${Object.keys(importers).join(', ')}.`,
      );
    for (const file of files.absent) context.out.say(`${file} is not there: left out.`);

    const tenantId = await tenantIdOf(context, tenant);
    const show = progressLine(context);
    const { monotonicMs } = await import('../../kernel/clock/monotonic.js');
    const from = monotonicMs();
    const dryRun = context.values['dry-run'] ?? false;
    const acceptPartial = context.values['accept-partial'] ?? false;
    const report = await runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, () =>
      new ImportRun(files, importers, show.on).execute({ dryRun, acceptPartial }),
    );
    show.end();
    const seconds = (monotonicMs() - from) / 1000;
    for (const warning of report.warnings) context.out.say(context.out.dim(warning));
    sayFaults(context, report.faults, report.furtherFaults);
    const { faults, furtherFaults, sheets, warnings, written } = report;
    context.out.result(
      {
        profile: files.profile.name,
        tenant,
        dryRun,
        written,
        changes: changesOf(report),
        sheets,
        faults,
        furtherFaults,
        warnings,
      },
      reportText(report, { dryRun, tenant, seconds }),
    );
    return failed(report, acceptPartial) ? EXIT.failed : EXIT.ok;
  },
});

/** A profile that the shop keeps. */
async function savedProfile(context: Context, tenant: string, name: string): Promise<Profile | null> {
  const app = await context.application();
  const { QueryBus } = await import('@nestjs/cqrs');
  const { AppError } = await import('../../kernel/errors/app-error.js');
  const { ImportProfileQuery } = await import('../../commerce/catalog/contracts/import-profiles.js');
  const tenantId = await tenantIdOf(context, tenant);
  const query = new ImportProfileQuery({ name });
  return runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, async () => {
    try {
      return (await app.get(QueryBus, { strict: false }).execute(query)).mapping;
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not-found') return null;
      throw error;
    }
  });
}

type Context = CliContext<{ tenant?: string; profile?: string; 'dry-run'?: boolean; 'accept-partial'?: boolean }>;

/** Refused rows fail the command, unless the rest was asked for; refusals while writing always do. */
const failed = (report: RunReport, acceptPartial: boolean): boolean => report.faults.length > 0 && !acceptPartial;

async function importersFor(context: Context): Promise<Record<string, EntityImporter>> {
  const app = await context.application();
  const { CommandBus, QueryBus } = await import('@nestjs/cqrs');
  const { RunKnowledge } = await import('../import/run-knowledge.js');
  const { ProductImporter } = await import('../import/product-importer.js');
  const { CustomerImporter } = await import('../import/customer-importer.js');
  const { OrderImporter } = await import('../import/order-importer.js');
  const commands = app.get(CommandBus, { strict: false });
  const knowledge = new RunKnowledge();
  const all: EntityImporter[] = [
    new ProductImporter(commands, knowledge) as EntityImporter,
    new CustomerImporter(commands, knowledge) as EntityImporter,
    new OrderImporter(commands, app.get(QueryBus, { strict: false }), knowledge) as EntityImporter,
  ];
  return Object.fromEntries(all.map((importer) => [importer.entity, importer]));
}

/** One progress line per file and pass. */
function progressLine(context: Context) {
  type Event = { phase: 'check' | 'write'; file: string; rows: number; total?: number };
  let current: { key: string; rows: number; line: ReturnType<Context['out']['progress']> } | undefined;
  const end = (): void => current?.line.finish();
  const on = ({ phase, file, rows, total }: Event): void => {
    const key = `${phase}:${file}`;
    if (current?.key !== key) {
      end();
      current = {
        key,
        rows: 0,
        line: context.out.progress(`${phase === 'check' ? 'checking ' : 'importing'} ${file}`, total),
      };
    }
    current.line.advance(rows - current.rows, total);
    current.rows = rows;
  };
  return { on, end };
}

function sayFaults(context: Context, faults: RowFault[], further: number): void {
  const { out } = context;
  if (out.json) return;
  for (const fault of faults.slice(0, MOST_FAULTS_SHOWN)) {
    out.warn(`${out.red('refused')}  ${fault.file}:${fault.line}  ${fault.column}  ${fault.code}  ${fault.reason}`);
  }
  if (faults.length > MOST_FAULTS_SHOWN) {
    out.warn(`... and ${faults.length - MOST_FAULTS_SHOWN + further} more; --json lists the first 10,000.`);
  }
}
