import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { drawLabel } from '../adapters/label-printer';
import { elementsOf, isGtin } from '../domain/gs1';
import { gtinInvalid, labelImpossible, unknownLot } from '../domain/inventory.errors';

export type LabelFormat = 'png' | 'pdf';

/**
 * The label of a lot as GS1-128 with item (01 or 91), expiry (17) and batch (10).
 * @throws AppError not-found `inventory.lot-not-found`, invalid `inventory.gtin-invalid`, conflict `inventory.label-impossible`
 */
export class LotLabelQuery extends Query<Buffer> {
  constructor(
    readonly lotId: string,
    readonly format: LabelFormat,
    /** The item's GTIN; default its SKU where that is one. */
    readonly gtin: string | null,
  ) {
    super();
  }
}

@QueryHandler(LotLabelQuery)
export class LotLabelHandler implements IQueryHandler<LotLabelQuery> {
  constructor(private readonly database: Database) {}

  async execute({ lotId, format, gtin }: LotLabelQuery): Promise<Buffer> {
    if (gtin !== null && !isGtin(gtin)) throw gtinInvalid();
    const [lot] = await this.database.read<{ sku: string; lotNumber: string | null; expiresAt: Date | null }>(
      `select sku, number as "lotNumber", expires_at as "expiresAt" from inventory.stock_lots where tenant_id = kernel.tenant_id() and id = $1`,
      [lotId],
    );
    if (!lot) throw unknownLot();
    const elements = elementsOf({ ...lot, gtin });
    if (!elements) throw labelImpossible();
    return drawLabel(elements, lot, format);
  }
}
