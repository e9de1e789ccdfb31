import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { ImportReportView } from '../commands/import-customer-file';

/** Reads `true` and `false` of a query; anything else is left for the validation to refuse. */
const ToBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

export class ImportCustomersParams {
  /** Judge every row and write nothing. */
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  dryRun?: boolean;

  /** Import the good rows although others are refused. */
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  acceptPartial?: boolean;
}

export class CustomerImportFaultView {
  /** @example "customers.csv" */
  file?: string;
  /**
   * Line of the file, as an editor counts.
   * @example 7
   */
  line: number;
  /** @example "email" */
  column: string;
  /** @example "not-an-email" */
  code: string;
  /** @example "\"ada\" is not an e-mail address." */
  reason: string;
}

export class CustomerImportView implements ImportReportView {
  dryRun: boolean;
  /** False: nothing was written. */
  written: boolean;
  /**
   * Customers that are different now.
   * @example 91
   */
  changes: number;
  /** @example 91 */
  rows: number;
  /** @example 91 */
  created: number;
  /** @example 0 */
  updated: number;
  /** @example 0 */
  unchanged: number;
  /** @example 0 */
  refused: number;
  faults: CustomerImportFaultView[];
  warnings: string[];
}
