import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsObject, IsString, Matches } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import { IMPORT_STATES, type ImportState, type ImportView } from '../domain/product-import';
import type { SavedProfile } from '../contracts/import-profiles';
import { ImportFaultView } from './product-files.dto';
import { ToBoolean } from './to-boolean';

const PROFILE_NAME = /^[a-z0-9][a-z0-9-]{0,59}$/;

export class StartProductImportParams {
  /**
   * Name of a saved mapping profile.
   * @example "supplier-list"
   */
  @MayBeAbsent()
  @IsString()
  @Matches(PROFILE_NAME)
  profile?: string;

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

export class ListProductImportsParams extends ListQuery {
  @AnyOf(IMPORT_STATES)
  state?: ImportState[];
}

export class ImportFileView {
  /** @example "products.xlsx" */
  name: string;
  /**
   * Bytes of the file.
   * @example 48120
   */
  bytes: number;
}

export class ImportProblemView {
  /** @example "tabular.not-a-workbook" */
  code: string;
  /** @example "The workbook is damaged: its XML ends too early." */
  detail: string;
}

export class ProductImportRunView implements ImportView {
  /** @example "019308c1-7f3e-7c5b-9a55-1f2e3d4c5b6a" */
  id: string;
  /** `checking` reads every row once and writes nothing; `writing` reads it again and writes. */
  @ApiProperty({ enum: IMPORT_STATES, example: 'writing' })
  state: ImportState;
  files: ImportFileView[];
  /** @example "supplier-list" */
  profile: string | null;
  dryRun: boolean;
  acceptPartial: boolean;
  /**
   * Rows that the current pass has read.
   * @example 12500
   */
  rowsRead: number;
  /**
   * Rows of the file, once it was read to its end.
   * @example 50000
   */
  rowsTotal: number | null;
  /** Whether anything was written. */
  written: boolean;
  /** @example 12400 */
  created: number;
  /** @example 0 */
  updated: number;
  /** @example 100 */
  unchanged: number;
  /** @example 0 */
  refused: number;
  /**
   * Counts of stock that are different now.
   * @example 0
   */
  stockChanged: number;
  /** The first 1,000; a list of imports shows none. */
  faults: ImportFaultView[];
  /** @example 0 */
  faultCount: number;
  warnings: string[];
  /** Why it failed. */
  problem: ImportProblemView | null;
  createdAt: Date;
  updatedAt: Date;
  endedAt: Date | null;
}

const MAPPING_EXAMPLE = {
  currency: 'EUR',
  decimal: ',',
  sheets: [
    {
      entity: 'products',
      file: 'list.xlsx',
      columns: { sku: 'Article', name: 'Title', price: 'Price', variantName: { from: 'Size' } },
    },
  ],
};

export class CreateImportProfileBody {
  /**
   * What `profile` of an import names.
   * @example "supplier-list"
   */
  @IsString()
  @Matches(PROFILE_NAME, { message: 'name must be up to 60 lower-case letters, digits and hyphens' })
  name: string;

  /** How files are read: a sheet names its file and, by field, the column (or `{ from, template, value, map }`). */
  @ApiProperty({ type: 'object', additionalProperties: true, example: MAPPING_EXAMPLE })
  @IsObject()
  mapping: Record<string, unknown>;
}

export class ChangeImportProfileBody {
  /** How files are read, as a whole. */
  @ApiProperty({ type: 'object', additionalProperties: true, example: MAPPING_EXAMPLE })
  @IsObject()
  mapping: Record<string, unknown>;
}

export class ImportProfileView implements Omit<SavedProfile, 'mapping'> {
  /** @example "019308c1-7f3e-7c5b-9a55-1f2e3d4c5b6a" */
  id: string;
  /** @example "supplier-list" */
  name: string;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { name: 'supplier-list', ...MAPPING_EXAMPLE } })
  mapping: object;
  /** @example 1 */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
