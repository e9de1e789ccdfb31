import { ImportFuelCardFileCommand } from '../../src/mobility/fleet/commands/import-fuel-card-file';
import { ListFuelCardRowsQuery } from '../../src/mobility/fleet/queries/fuel-card-rows';
import { DAY, page, type FleetDesk } from '../support/fleet-desk';

const LINES = 40;

/** One file of forty transactions of five cards, imported three times at once, forwards and backwards. */
export async function raceImports(desk: FleetDesk): Promise<{ created: number; unchanged: number; rows: number }> {
  const header = 'provider,card,transaction,at,quantity,total,currency';
  const lines = Array.from({ length: LINES }, (_, i) => {
    const at = desk.in(-DAY - i * 3_600).toISOString();
    return `DKV,**** ${4180 + (i % 5)},${i % 2 ? `T-${i}` : ''},${at},50,80,EUR`;
  });
  const take = (own: readonly string[]) =>
    desk.act(new ImportFuelCardFileCommand({ files: [{ name: 'cards.csv', content: [header, ...own].join('\n') }] }));
  const told = await Promise.all([take(lines), take([...lines].reverse()), take(lines)]);
  const sum = (of: 'created' | 'unchanged'): number => told.reduce((all, report) => all + report[of], 0);
  const rows = (await desk.ask(new ListFuelCardRowsQuery(page()))).data.length;
  return { created: sum('created'), unchanged: sum('unchanged'), rows };
}

/** What must come of it. */
export const TAKEN_ONCE = { created: LINES, unchanged: 2 * LINES, rows: LINES };
