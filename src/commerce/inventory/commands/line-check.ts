import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindVariantsBySkuQuery } from '../../catalog/contracts/find-variants-by-sku';
import { LocationRepository } from '../data/location.repository';
import { locationNotFound, unknownSkus } from '../domain/inventory.errors';

/** Checks what lines name: SKUs of the catalog, active locations. */
@Injectable()
export class LineCheck {
  constructor(
    private readonly queries: QueryBus,
    private readonly locations: LocationRepository,
  ) {}

  /**
   * The lines with their locations, the default one where none is named.
   * @throws AppError invalid `inventory.unknown-sku`, not-found `inventory.location-not-found`
   */
  async placed<Line extends { sku: string; locationId?: string }>(
    lines: readonly Line[],
  ): Promise<(Line & { locationId: string })[]> {
    await this.known(lines);
    const fallback = lines.some((line) => !line.locationId) ? await this.locations.defaultId() : '';
    await this.places(lines.flatMap((line) => line.locationId ?? []));
    return lines.map((line) => ({ ...line, locationId: line.locationId ?? fallback }));
  }

  /** The place that is named, or the default one. @throws AppError not-found `inventory.location-not-found` */
  async place(locationId: string | undefined): Promise<string> {
    if (!locationId) return this.locations.defaultId();
    await this.places([locationId]);
    return locationId;
  }

  /** @throws AppError not-found `inventory.location-not-found` */
  async places(ids: readonly string[]): Promise<void> {
    const named = [...new Set(ids)];
    if (named.length > 0 && (await this.locations.active(named)).size !== named.length) throw locationNotFound();
  }

  /** @param at pointer to the list that they are in. @throws AppError invalid `inventory.unknown-sku` */
  async known(lines: readonly { sku: string }[], at = '/lines'): Promise<void> {
    const skus = [...new Set(lines.map((line) => line.sku))];
    const known = new Set((await this.queries.execute(new FindVariantsBySkuQuery({ skus }))).map((each) => each.sku));
    const wrong = lines
      .map((line, index) => ({ pointer: `${at}/${index}/sku`, sku: line.sku }))
      .filter((line) => !known.has(line.sku));
    if (wrong.length > 0) throw unknownSkus(wrong);
  }
}
