import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { Breather } from '../../../kernel/lifecycle/breather';
import { HeatMap, type Box, type Heat } from '../domain/heat-map';
import { tooManyCells, trackerNotFound } from '../domain/location.errors';
import { CountedPositions, periodOf, type Budget, type CountedPosition } from './counted-positions';

/** Cells of an answer. */
export const MOST_CELLS = 10_000;

export interface HeatMapRequest {
  from?: string;
  to?: string;
  /** Of H3, 0 to 12. */
  resolution?: number;
  box?: Box;
  /** Default: all trackers. */
  trackerIds?: readonly string[];
}

/** A cell of H3 with its centre, and its edge as [lng, lat], closed. */
export interface HeatCell extends Heat {
  lat: number;
  lng: number;
  edge: [lng: number, lat: number][];
}

export interface HeatMapReport {
  from: string;
  to: string;
  resolution: number;
  /** Believed positions that were counted, and trackers that told them. */
  fixes: number;
  trackers: number;
  cells: HeatCell[];
}

/**
 * Where trackers were in a period, by default the last seven days, by cells of H3.
 * @throws AppError not-found `location.tracker-not-found`; invalid `location.period-invalid`, `location.too-many-to-count`,
 * `location.too-many-cells`
 */
export class HeatMapQuery extends Query<HeatMapReport> {
  constructor(readonly request: HeatMapRequest) {
    super();
  }
}

@QueryHandler(HeatMapQuery)
export class HeatMapHandler implements IQueryHandler<HeatMapQuery> {
  constructor(
    private readonly positions: CountedPositions,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  execute({ request }: HeatMapQuery): Promise<HeatMapReport> {
    return this.positions.count((budget) => this.mapOf(request, budget));
  }

  private async mapOf(request: HeatMapRequest, budget: Budget): Promise<HeatMapReport> {
    const { resolution = 8, box = null, trackerIds } = request;
    const { from, to } = periodOf(request, this.clock.nowMs());
    if (trackerIds) await this.checkKnown(trackerIds);
    const { cellToBoundary, cellToLatLng, latLngToCell } = await import('h3-js');
    const map = new HeatMap(({ lat, lng }) => latLngToCell(lat, lng, resolution), box);
    const breather = new Breather();
    for await (const piece of this.pieces(from, to, budget, trackerIds))
      for (const { trackerId, fixTime, reason, ...place } of piece) {
        if (reason !== null) continue;
        map.take(trackerId, fixTime, place);
        if (map.size > MOST_CELLS) throw tooManyCells(MOST_CELLS);
        await breather.pause();
      }
    const cells: HeatCell[] = [];
    for (const heat of map.heats()) {
      const [lat, lng] = cellToLatLng(heat.cell);
      cells.push({ ...heat, lat, lng, edge: continuous(cellToBoundary(heat.cell, true) as [number, number][]) });
      await breather.pause();
    }
    return {
      ...{ from: new Date(from).toISOString(), to: new Date(to).toISOString(), resolution },
      ...{ fixes: map.fixes, trackers: map.trackersCounted, cells },
    };
  }

  private async checkKnown(trackerIds: readonly string[]): Promise<void> {
    const [{ known }] = await this.database.read<{ known: number }>(
      'select count(*)::int as known from location.trackers where tenant_id = kernel.tenant_id() and id = any($1::uuid[]) and deleted_at is null',
      [trackerIds],
    );
    if (known < new Set(trackerIds).size) throw trackerNotFound();
  }

  private async *pieces(
    from: number,
    to: number,
    budget: Budget,
    trackerIds?: readonly string[],
  ): AsyncGenerator<readonly CountedPosition[]> {
    if (!trackerIds) return yield* this.positions.ofAll(from, to, budget);
    for (const trackerId of new Set(trackerIds)) yield* this.positions.ofTracker(trackerId, from, to, budget);
  }
}

/** An edge over the antimeridian goes on beyond 180 degrees instead of around the earth. */
function continuous(edge: [lng: number, lat: number][]): [lng: number, lat: number][] {
  const [first] = edge[0];
  return edge.map(([lng, lat]) => [lng - first > 180 ? lng - 360 : first - lng > 180 ? lng + 360 : lng, lat]);
}
