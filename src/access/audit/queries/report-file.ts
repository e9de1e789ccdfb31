import { currentContext, runInContext } from '../../../kernel/context/request-context';
import type { Page } from '../../../kernel/http/pagination';
import { csvFile, type CsvCell } from '../../../kernel/tabular/csv-writer';

/** Columns of a report, each with how a row tells it. */
export type Columns<Row> = readonly (readonly [string, (row: Row) => CsvCell])[];

/**
 * A report as CSV in pieces, page by page. The first page is read before anything is answered, so that what is wrong
 * with the request is a problem and no broken file. @param lines lines of the file that a row makes; default one
 */
export async function reportFile<Row, Line>(
  columns: Columns<Line>,
  read: (cursor: string | undefined) => Promise<Page<Row>>,
  lines: (row: Row) => Line[],
): Promise<AsyncIterable<string>> {
  // The pieces are pulled by a socket later, outside of this request's context: who asks, and where, is taken along.
  const { requestId, tenantId, principal } = currentContext();
  const first = await read(undefined);
  async function* rows(): AsyncGenerator<CsvCell[][]> {
    for (let page = first; ;) {
      yield page.data.flatMap(lines).map((line) => columns.map(([, cell]) => cell(line)));
      const cursor = page.page.nextCursor;
      if (cursor === null) return;
      page = await runInContext({ requestId, tenantId, principal }, () => read(cursor));
    }
  }
  return csvFile(
    columns.map(([name]) => name),
    rows(),
  );
}
