import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Clock } from '../../../kernel/clock/clock';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { enterContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { registry } from '../../../kernel/telemetry/metrics';
import { TrackingChannel } from '../adapters/tracking-channel';
import { FenceRepository } from '../data/fence.repository';
import { TrackRepository, type JudgedFix, type Track } from '../data/track.repository';
import { PIECE as BATCH, type Fix } from '../domain/fix';
import { Breather } from '../../../kernel/lifecycle/breather';
import type { Fences } from '../domain/fence';
import { isAhead, type FilterReason } from '../domain/filter';
import { busy } from '../domain/location.errors';
import { nextDwell } from '../domain/track-state';
import { Walk } from '../domain/walk';
import { ReplayTracker } from '../jobs/replay-tracker';
import { FenceBook } from './fence-book';

/** What became of a fix. */
export type Outcome = 'accepted' | 'duplicate' | 'tracker-unknown';

/** Fixes that may wait in this process, and for one tenant; beyond it callers are asked to come again. */
const MOST_WAITING = 20_000;
const MOST_OF_TENANT = 5_000;
/** Commits at once: the pool is there for others too. */
const MOST_AT_ONCE = 3;
/** Commits of one tenant at once; a further one begins when all of a batch waits, of other trackers. */
const MOST_OF_TENANT_AT_ONCE = 2;
/** Milliseconds of computing in one turn of a tenant; what is left waits for its next one. */
const TURN_MS = 250;

/** A request, until all of its fixes are committed. */
interface Waiting {
  outcomes: Outcome[];
  left: number;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** A fix of a request that waits for its commit. */
interface Item {
  fix: Fix;
  of: Waiting;
  /** Its place in the request. */
  at: number;
}

const byTime = (a: Item, b: Item): number => a.fix.fixTime - b.fix.fixTime;

/** What waits for one tenant, in the order in which it came. */
interface Lane {
  items: Item[];
  /** Trackers of the commits that are under way: what else they tell comes after that. */
  readonly busy: Set<string>;
  /** Commits that are under way. */
  running: number;
  /** It stands in line for a turn. */
  queued: boolean;
}

const written = new Counter({
  name: 'mainstay_positions_total',
  help: 'Positions that were written, by what became of them.',
  labelNames: ['outcome'],
  registers: [registry],
});

/**
 * Writes positions of many requests in one commit, and answers each request once all of its positions are committed. While
 * a commit of a tenant is under way, what comes in for it gathers and goes with the next one: under load batches grow,
 * without load nobody waits for others. Tenants take turns that are bounded in fixes and in time, and what may
 * wait is bounded for each, so that none keeps the others from being served.
 */
@Injectable()
export class PositionWriter {
  private readonly lanes = new Map<string, Lane>();
  private readonly ready: string[] = [];
  private running = 0;
  private waiting = 0;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly tracks: TrackRepository,
    private readonly fences: FenceRepository,
    private readonly book: FenceBook,
    private readonly channel: TrackingChannel,
    private readonly clock: Clock,
  ) {
    const gauge = 'mainstay_positions_waiting';
    registry.removeSingleMetric(gauge);
    const collect = (): void => depth.set(this.waiting);
    const depth = new Gauge({ name: gauge, help: 'Positions that wait for a commit.', registers: [registry], collect });
  }

  /** @returns what became of each, in order, after the commit. @throws AppError unavailable `location.busy` */
  write(tenantId: string, fixes: readonly Fix[]): Promise<Outcome[]> {
    if (fixes.length === 0) return Promise.resolve([]);
    const lane = this.laneOf(tenantId);
    // A tenant for which nothing waits is heard whatever the others do.
    const ahead = lane.items.length;
    if (ahead > 0 && (ahead + fixes.length > MOST_OF_TENANT || this.waiting + fixes.length > MOST_WAITING))
      throw busy();
    this.waiting += fixes.length;
    return new Promise((resolve, reject) => {
      const of: Waiting = { outcomes: [], left: fixes.length, resolve, reject };
      const items = fixes.map((fix, at): Item => ({ fix, of, at }));
      // Of a long request that begins with the newest the rest would come late.
      if (items.length > BATCH) items.sort(byTime);
      lane.items.push(...items);
      this.offer(tenantId, lane);
      this.go();
    });
  }

  private laneOf(tenantId: string): Lane {
    let lane = this.lanes.get(tenantId);
    if (!lane) this.lanes.set(tenantId, (lane = { items: [], busy: new Set(), running: 0, queued: false }));
    return lane;
  }

  /** To the end of the line, so that no tenant keeps others waiting; forgets one for which nothing waits. */
  private offer(tenantId: string, lane: Lane): void {
    if (lane.queued) return;
    if (lane.running > 0 ? !this.mayGoBeside(lane) : lane.items.length === 0) {
      if (lane.running === 0) this.lanes.delete(tenantId);
      return;
    }
    lane.queued = true;
    this.ready.push(tenantId);
  }

  /** While a commit is under way, what comes in gathers; a whole batch of other trackers may as well go at once. */
  private mayGoBeside({ items, busy: underWay, running }: Lane): boolean {
    if (running >= MOST_OF_TENANT_AT_ONCE || items.length < BATCH) return false;
    let free = 0;
    for (const { fix } of items) if (!underWay.has(fix.trackerId) && ++free === BATCH) return true;
    return false;
  }

  /** The first of those that wait, but for trackers of which a commit is under way. */
  private take(lane: Lane): Item[] {
    const batch: Item[] = [];
    const rest: Item[] = [];
    for (const item of lane.items)
      (batch.length < BATCH && !lane.busy.has(item.fix.trackerId) ? batch : rest).push(item);
    lane.items = rest;
    return batch;
  }

  private go(): void {
    while (this.running < MOST_AT_ONCE && this.ready.length > 0) {
      const tenantId = this.ready.shift()!;
      const lane = this.lanes.get(tenantId)!;
      const batch = this.take(lane);
      lane.queued = false;
      // What stood in line was refused meanwhile.
      if (batch.length === 0) {
        this.offer(tenantId, lane);
        continue;
      }
      const trackers = new Set(batch.map(({ fix }) => fix.trackerId));
      for (const id of trackers) lane.busy.add(id);
      lane.running += 1;
      this.running += 1;
      this.offer(tenantId, lane);
      void this.serve(tenantId, lane, batch).finally(() => {
        for (const id of trackers) lane.busy.delete(id);
        lane.running -= 1;
        this.running -= 1;
        this.offer(tenantId, lane);
        this.go();
      });
    }
  }

  private async serve(tenantId: string, lane: Lane, batch: readonly Item[]): Promise<void> {
    let left: readonly Item[] = [];
    try {
      left = await this.commit(tenantId, batch);
    } catch (error) {
      const requests = new Set(batch.map(({ of }) => of));
      if (requests.size === 1) this.refuse([...requests][0], error);
      else left = await this.apart(tenantId, batch, requests);
    }
    lane.items = [...left, ...lane.items].filter(({ of }) => of.left > 0);
  }

  /** One of them may be what fails: each request by itself, so that none suffers from another's. */
  private async apart(tenantId: string, batch: readonly Item[], requests: Iterable<Waiting>): Promise<Item[]> {
    const left: Item[] = [];
    for (const request of requests) {
      const items = batch.filter(({ of }) => of === request);
      try {
        left.push(...(await this.commit(tenantId, items)));
      } catch (error) {
        this.refuse(request, error);
      }
    }
    return left;
  }

  private settle({ of, at }: Item, outcome: Outcome): void {
    // Refused meanwhile, for another part of it.
    if (of.left === 0) return;
    of.outcomes[at] = outcome;
    of.left -= 1;
    this.waiting -= 1;
    if (of.left === 0) of.resolve(of.outcomes);
  }

  /** What of it was committed before counts as duplicate when it is sent again. */
  private refuse(request: Waiting, error: unknown): void {
    this.waiting -= request.left;
    request.left = 0;
    request.reject(error);
  }

  /** @returns those that a later turn must take */
  private async commit(tenantId: string, batch: readonly Item[]): Promise<Item[]> {
    // The commit is of no single request: none of their idempotency keys, rights or trails belong to it.
    const context = { requestId: newId(), tenantId, principal: SYSTEM };
    const outcomes = await enterContext(context, async () => {
      const index = await this.fences.index(tenantId);
      return this.uow.run((tx) => this.keep(tx, batch, index), { keepPlans: true });
    });
    const left: Item[] = [];
    const counts = new Map<Outcome, number>();
    for (const item of batch) {
      const outcome = outcomes.get(item);
      if (!outcome) {
        left.push(item);
        continue;
      }
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      this.settle(item, outcome);
    }
    for (const [outcome, count] of counts) written.inc({ outcome }, count);
    return left;
  }

  private async keep(tx: Transaction, batch: readonly Item[], index: Fences): Promise<Map<Item, Outcome>> {
    const tracks = await this.tracks.lock(tx, [...new Set(batch.map(({ fix }) => fix.trackerId))]);
    const outcomes = new Map<Item, Outcome>();
    const going = new Map([...tracks].map(([id, track]) => [id, new Going(track)]));
    const judged: JudgedFix[] = [];
    const [breather, until] = [new Breather(), monotonicMs() + TURN_MS];
    const taken: Item[] = [];
    for (const item of [...batch].sort(byTime)) {
      const { fix } = item;
      const track = going.get(fix.trackerId);
      if (!track) outcomes.set(item, 'tracker-unknown');
      // Of what is told twice the first counts.
      else if (track.has(fix)) outcomes.set(item, 'duplicate');
      else if (judged.length === 0 || monotonicMs() < until) {
        judged.push({ fix, reason: track.take(fix, index) });
        taken.push(item);
        // Awaiting nothing for each fix would cost more than judging it.
        const pause = breather.pause();
        if (pause) await pause;
      }
    }
    if (judged.length === 0) return outcomes;
    const known = await this.tracks.insert(tx, judged);
    for (const item of taken) outcomes.set(item, known.has(item.fix) ? 'duplicate' : 'accepted');
    await this.follow(tx, [...going.values()], known, index);
    return outcomes;
  }

  /** Saves what follows from the fixes. */
  private async follow(
    tx: Transaction,
    going: readonly Going[],
    known: ReadonlySet<Fix>,
    index: Fences,
  ): Promise<void> {
    const dirty = new Set<Going>();
    for (const it of going) {
      const { track } = it;
      const times = it.unsettled(known);
      if (times.length === 0) continue;
      dirty.add(it);
      if (track.askedAt === null) tx.job(ReplayTracker, { trackerId: track.trackerId });
      track.askedAt ??= this.clock.nowMs();
      track.dirtyFrom = Math.min(track.dirtyFrom ?? Infinity, ...times);
    }
    const changed = going.filter(({ walk, track }) => walk.state !== track.state);
    this.tracks.save(
      tx,
      [...new Set([...changed, ...dirty])].map(({ track, walk: { state, checkpointAt } }) => ({
        ...track,
        state,
        checkpointAt,
        dwellDue: nextDwell(state, index),
      })),
    );
    this.tracks.saveCheckpoints(
      tx,
      changed.flatMap(({ walk }) => walk.checkpoints),
    );
    const moved = changed.flatMap(({ latest, track }) => (latest ? [{ latest, fleetId: track.fleetId }] : []));
    this.tracks.saveLatest(
      tx,
      moved.map(({ latest }) => latest),
    );
    tx.afterCommit(() =>
      moved.forEach(({ latest, fleetId }) => this.channel.moved(tx.tenantId, latest, fleetId, this.clock.nowMs())),
    );
    await this.book.enter(
      tx,
      changed.flatMap(({ walk, track: { fleetId } }) => walk.events.map((event) => ({ ...event, fleetId }))),
    );
  }
}

/** A track while a batch is added to it. */
class Going {
  readonly walk: Walk;
  latest: Fix | null = null;
  /** By their times; null for one that is ahead of its time. */
  private readonly taken = new Map<number, { fix: Fix; late: boolean | null }>();

  constructor(readonly track: Track) {
    this.walk = new Walk(track.trackerId, track.state, track.checkpointAt);
  }

  /** Whether one of the same time was taken before. */
  has({ fixTime }: Fix): boolean {
    return this.taken.has(fixTime);
  }

  /** @returns why it is not believed */
  take(fix: Fix, index: Fences): FilterReason | null {
    const ahead = isAhead(fix);
    const late = !ahead && fix.fixTime <= this.walk.state.lastFixTime;
    this.taken.set(fix.fixTime, { fix, late: ahead ? null : late });
    // What is late is judged by the replay, with those before and after it.
    const reason = late ? null : this.walk.take(fix, index);
    if (reason === null && !late) this.latest = fix;
    return reason;
  }

  /** Times of fixes that a replay must put right: those that came late, and those that were kept as ahead of their time before. */
  unsettled(known: ReadonlySet<Fix>): number[] {
    const times: number[] = [];
    for (const { fix, late } of this.taken.values())
      if (late !== null && known.has(fix) === !late) times.push(fix.fixTime);
    return times;
  }
}
