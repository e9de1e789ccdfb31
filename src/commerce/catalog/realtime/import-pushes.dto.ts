import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';
import { IMPORT_STATES, type ImportState } from '../domain/product-import';

/** Where an import of products stands, without its faults. */
@ServerPush('products.import', { to: 'Staff of the shop.' })
export class ProductsImportPush {
  importId: string;
  @ApiProperty({ enum: IMPORT_STATES, example: 'writing' })
  state: ImportState;
  /** Rows that the current pass has read. @example 12500 */
  @ApiProperty({ type: 'integer' })
  rowsRead: number;
  /** Rows of the file, once it was read to its end. @example 50000 */
  @ApiProperty({ type: 'integer', nullable: true })
  rowsTotal: number | null;
  /** @example 120 */
  @ApiProperty({ type: 'integer' })
  created: number;
  /** @example 30 */
  @ApiProperty({ type: 'integer' })
  updated: number;
  /** @example 12350 */
  @ApiProperty({ type: 'integer' })
  unchanged: number;
  /** @example 0 */
  @ApiProperty({ type: 'integer' })
  refused: number;
  /** Why it ended without being done. @example null */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  problem: object | null;
}
