import { expectStatus } from '../../support/client';
import type { Shop } from '../../support/shop';
import type { Arrangements } from '../world';

/** A report that is mailed by itself. @returns its id */
async function schedule(shop: Shop): Promise<string> {
  const body = { report: 'tax', format: 'csv', every: 'quarter', recipients: ['books@example.com'] };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/finance/report-schedules', body), 201).id;
}

const arrangements: Arrangements = {
  getReportSchedule: async ({ shop }) => ({ path: { id: await schedule(shop) } }),
  changeReportSchedule: async ({ shop }) => ({ path: { id: await schedule(shop) } }),
  deleteReportSchedule: async ({ shop }) => ({ path: { id: await schedule(shop) } }),
  listReportRuns: async ({ shop }) => ({ path: { id: await schedule(shop) } }),
};
export default arrangements;
