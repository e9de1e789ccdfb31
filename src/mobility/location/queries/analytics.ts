import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { Breather } from '../../../kernel/lifecycle/breather';
import { ActivityTally, boundsOf, totalOf, type Activity, type Grouping } from '../domain/analytics';
import { badPeriod } from '../domain/location.errors';
import { CountedPositions, type Budget, periodOf } from './counted-positions';

/** Stretches that one page tells of at most, of all its trackers together. */
const MOST_STRETCHES = 4_000;

/** An activity as it is told: times RFC 3339. */
export interface ActivityReport extends Omit<Activity, 'firstFixTime' | 'lastFixTime'> {
  firstFixTime: string | null;
  lastFixTime: string | null;
}

export interface TrackerActivity {
  trackerId: string;
  name: string;
  vehicleId: string | null;
  total: ActivityReport;
  /** The days, weeks or months of the period; none where it is not grouped by these. */
  periods: (ActivityReport & { from: string; to: string })[];
}

export interface AnalyticsRequest extends ListQuery {
  trackerId?: string[];
  from?: string;
  to?: string;
  /** Default `tracker`: the totals alone. */
  groupBy?: Grouping;
  /** IANA; default UTC. */
  timeZone?: string;
}

/**
 * What each tracker did in a period, by default in the last seven days.
 * @throws AppError invalid `location.period-invalid`, `location.too-many-to-count`
 */
export class AnalyticsQuery extends Query<Page<TrackerActivity>> {
  constructor(readonly request: AnalyticsRequest) {
    super();
  }
}

interface Row {
  id: string;
  name: string;
  vehicle_id: string | null;
}

const TRACKERS = keyset({
  id: 'id',
  sorts: { createdAt: { sql: 'created_at', type: 'timestamptz' } },
  defaultSort: 'id',
  filters: { trackerId: { sql: 'id', type: 'uuid' }, vehicleId: { sql: 'vehicle_id', type: 'uuid' } },
});

const iso = (ms: number): string => new Date(ms).toISOString();
const reported = ({ firstFixTime, lastFixTime, ...activity }: Activity): ActivityReport => ({
  ...activity,
  firstFixTime: firstFixTime === null ? null : iso(firstFixTime),
  lastFixTime: lastFixTime === null ? null : iso(lastFixTime),
});

@QueryHandler(AnalyticsQuery)
export class AnalyticsHandler implements IQueryHandler<AnalyticsQuery> {
  constructor(
    private readonly database: Database,
    private readonly positions: CountedPositions,
    private readonly clock: Clock,
  ) {}

  execute({ request }: AnalyticsQuery): Promise<Page<TrackerActivity>> {
    return this.positions.count((budget) => this.pageOf(request, budget));
  }

  private async pageOf(request: AnalyticsRequest, budget: Budget): Promise<Page<TrackerActivity>> {
    const { groupBy = 'tracker', timeZone = 'UTC' } = request;
    const { from, to } = periodOf(request, this.clock.nowMs());
    const bounds = boundsOf(from, to, groupBy, timeZone);
    const stretches = (bounds.length - 1) * Math.min(request.limit, request.trackerId?.length ?? request.limit);
    if (groupBy !== 'tracker' && stretches > MOST_STRETCHES)
      throw badPeriod(`These are up to ${stretches} rows; a page tells of at most ${MOST_STRETCHES}: lower the limit.`);
    const { data, page } = await TRACKERS.run<Row, Row>(this.database, request, {
      select: 'id, name, vehicle_id',
      from: 'location.trackers',
      where: 'tenant_id = kernel.tenant_id() and deleted_at is null',
      map: ({ id, name, vehicle_id }) => ({ id, name, vehicle_id }),
    });
    const breather = new Breather();
    const found: TrackerActivity[] = [];
    for (const { id, name, vehicle_id } of data) {
      const tally = new ActivityTally(bounds);
      for await (const piece of this.positions.ofTracker(id, from, to, budget))
        for (const fix of piece) {
          tally.take(fix);
          await breather.pause();
        }
      const activities = tally.end();
      const periods = groupBy === 'tracker' ? [] : activities;
      found.push({
        ...{ trackerId: id, name, vehicleId: vehicle_id, total: reported(totalOf(activities)) },
        periods: periods.map((it, k) => ({ from: iso(bounds[k]), to: iso(bounds[k + 1]), ...reported(it) })),
      });
    }
    return { data: found, page };
  }
}
