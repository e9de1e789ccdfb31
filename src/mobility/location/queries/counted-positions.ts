import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { CountedFix } from '../domain/analytics';
import { badPeriod, stillCounting, tooManyToCount } from '../domain/location.errors';

/** Positions that one question may go through, and those of one statement. */
const MOST = 500_000;
const PIECE = 5_000;
/** Questions of one organization that a process counts for at once. */
const AT_ONCE = 3;
const DAY_MS = 86_400_000;
const MOST_DAYS = 366;

export interface CountedPosition extends CountedFix {
  trackerId: string;
}

interface Row {
  id: string;
  tracker_id: string;
  fix_at: Date;
  lat: number;
  lng: number;
  speed: number | null;
  reason: CountedFix['reason'];
  ignition: string | null;
  gone: boolean;
}

/** The period of a question (milliseconds), by default the seven days before now. @throws AppError invalid `location.period-invalid` */
export function periodOf(asked: { from?: string; to?: string }, now: number): { from: number; to: number } {
  const to = asked.to === undefined ? now : Date.parse(asked.to);
  const from = asked.from === undefined ? to - 7 * DAY_MS : Date.parse(asked.from);
  if (!(from < to)) throw badPeriod('The period ends before it begins.');
  if (to - from > MOST_DAYS * DAY_MS) throw badPeriod(`The period is longer than ${MOST_DAYS} days.`);
  return { from, to };
}

/** Goes through positions piece by piece, so that no more of them are held than one statement brings. */
@Injectable()
export class CountedPositions {
  constructor(private readonly database: Database) {}

  private readonly running = new Map<string, number>();

  /**
   * Counts with a budget for one question; few of an organization run at once in a process, so that others have their turn.
   * @throws AppError 429 `location.counting`
   */
  async count<T>(work: (budget: Budget) => Promise<T>): Promise<T> {
    const tenant = currentContext().tenantId ?? '';
    const running = this.running.get(tenant) ?? 0;
    if (running >= AT_ONCE) throw stillCounting();
    this.running.set(tenant, running + 1);
    try {
      return await work(new Budget());
    } finally {
      const left = this.running.get(tenant)! - 1;
      if (left > 0) this.running.set(tenant, left);
      else this.running.delete(tenant);
    }
  }

  /** Those of one tracker in the order of time, believed or not. @throws AppError invalid `location.too-many-to-count` */
  async *ofTracker(trackerId: string, from: number, to: number, budget: Budget): AsyncGenerator<CountedPosition[]> {
    for (let after = from - 1; ;) {
      const rows = await this.database.read<Row>(
        `select p.id, p.tracker_id, p.fix_at, p.lat, p.lng, p.speed, p.reason, p.attributes->>'ignition' as ignition, false as gone
         from location.positions p where p.tenant_id = kernel.tenant_id() and p.tracker_id = $1
           and p.fix_at > $2 and p.fix_at < $3 and p.id >= kernel.uuid_at($4) and p.id < kernel.uuid_at($3)
         order by p.fix_at limit $5`,
        [trackerId, new Date(after), new Date(to), new Date(from), PIECE],
      );
      budget.take(rows.length);
      yield rows.map(positionOf);
      if (rows.length < PIECE) return;
      after = rows[rows.length - 1].fix_at.getTime();
    }
  }

  /** Those of all trackers that there are, in the order of time. @throws AppError invalid `location.too-many-to-count` */
  async *ofAll(from: number, to: number, budget: Budget): AsyncGenerator<CountedPosition[]> {
    for (let after: string | null = null; ;) {
      const rows: Row[] = await this.database.read<Row>(
        `select p.id, p.tracker_id, p.fix_at, p.lat, p.lng, p.speed, p.reason, p.ignition, t.id is null as gone from (
           select id, tracker_id, fix_at, lat, lng, speed, reason, attributes->>'ignition' as ignition from location.positions
           where tenant_id = kernel.tenant_id() and id >= kernel.uuid_at($1) and id < kernel.uuid_at($2)
             and ($3::uuid is null or id > $3) order by id limit $4) p
         left join location.trackers t on t.tenant_id = kernel.tenant_id() and t.id = p.tracker_id and t.deleted_at is null
         order by p.id`,
        [new Date(from), new Date(to), after, PIECE],
      );
      budget.take(rows.length);
      yield rows.filter(({ gone }) => !gone).map(positionOf);
      if (rows.length < PIECE) return;
      after = rows[rows.length - 1].id;
    }
  }
}

/** How much of what one question may go through is left. */
export class Budget {
  private left = MOST;

  take(positions: number): void {
    this.left -= positions;
    if (this.left < 0) throw tooManyToCount(MOST);
  }
}

const positionOf = ({ tracker_id, fix_at, lat, lng, speed, reason, ignition }: Row): CountedPosition => ({
  ...{ trackerId: tracker_id, fixTime: fix_at.getTime(), lat, lng, speed, reason },
  ignition: ignition === null ? null : ignition === 'true',
});
