import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Clock } from '../../../kernel/clock/clock';
import { enterContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { registry } from '../../../kernel/telemetry/metrics';
import { TrackingChannel } from '../adapters/tracking-channel';
import { FenceRepository } from '../data/fence.repository';
import { TrackRepository, type KeptFix, type Track } from '../data/track.repository';
import { positionId, type Fix } from '../domain/fix';
import type { FenceEvent, Fences } from '../domain/fence';
import { busy } from '../domain/location.errors';
import { advance, nextDwell } from '../domain/track-state';
import { ReplayTracker } from '../jobs/replay-tracker';
import { FenceBook } from './fence-book';

/** What became of a fix. */
export type Outcome = 'accepted' | 'duplicate' | 'tracker-unknown';

/** Fixes of one commit, as long as requests are no larger. */
const BATCH = 500;
/** Fixes that may wait in this process; beyond it callers are asked to come again. */
const MOST_WAITING = 20_000;
/** Commits at once, each of another tenant: the pool is there for others too. */
const MOST_AT_ONCE = 3;
/** A state is put by whenever so much of a track has passed (milliseconds). */
const CHECKPOINT_MS = 3_600_000;

interface Waiting {
  fixes: readonly Fix[];
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

const written = new Counter({
  name: 'mainstay_positions_total',
  help: 'Positions that were written, by what became of them.',
  labelNames: ['outcome'],
  registers: [registry],
});

/**
 * Writes positions of many requests in one commit, and answers each request once that commit is done. While a commit of
 * a tenant is under way, what comes in for it gathers and goes with the next one: under load batches grow, without load
 * nobody waits for others.
 */
@Injectable()
export class PositionWriter {
  private readonly lanes = new Map<string, Waiting[]>();
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
    if (this.waiting > 0 && this.waiting + fixes.length > MOST_WAITING) throw busy();
    this.waiting += fixes.length;
    return new Promise((resolve, reject) => {
      const lane = this.lanes.get(tenantId);
      if (lane) lane.push({ fixes, resolve, reject });
      else {
        this.lanes.set(tenantId, [{ fixes, resolve, reject }]);
        this.ready.push(tenantId);
      }
      this.go();
    });
  }

  private go(): void {
    while (this.running < MOST_AT_ONCE && this.ready.length > 0) {
      const tenantId = this.ready.shift()!;
      this.running += 1;
      void this.serve(tenantId).finally(() => {
        this.running -= 1;
        // Back to the end of the line, so that no tenant keeps others waiting.
        if (this.lanes.get(tenantId)!.length > 0) this.ready.push(tenantId);
        else this.lanes.delete(tenantId);
        this.go();
      });
    }
  }

  private async serve(tenantId: string): Promise<void> {
    const lane = this.lanes.get(tenantId)!;
    const batch: Waiting[] = [];
    for (let size = 0; lane.length > 0 && (batch.length === 0 || size + lane[0].fixes.length <= BATCH);) {
      const next = lane.shift()!;
      size += next.fixes.length;
      batch.push(next);
    }
    if (await this.settle(tenantId, batch, batch.length > 1)) return;
    // One of them may be what fails: each by itself, so that no request suffers from another's.
    for (const one of batch) await this.settle(tenantId, [one], false);
  }

  /** Commits and answers. @returns false when it failed and `again` says that nobody should know yet */
  private async settle(tenantId: string, batch: readonly Waiting[], again: boolean): Promise<boolean> {
    const fixes = batch.flatMap((it) => it.fixes);
    try {
      const outcomes = await this.commit(tenantId, fixes);
      for (const outcome of outcomes) written.inc({ outcome });
      let from = 0;
      for (const it of batch) it.resolve(outcomes.slice(from, (from += it.fixes.length)));
    } catch (error) {
      if (again) return false;
      for (const it of batch) it.reject(error);
    }
    this.waiting -= fixes.length;
    return true;
  }

  private async commit(tenantId: string, fixes: readonly Fix[]): Promise<Outcome[]> {
    // The commit is of no single request: none of their idempotency keys, rights or trails belong to it.
    const context = { requestId: newId(), tenantId, principal: SYSTEM };
    return enterContext(context, async () => {
      const index = await this.fences.index(tenantId);
      return this.uow.run((tx) => this.keep(tx, fixes, index));
    });
  }

  private async keep(tx: Transaction, fixes: readonly Fix[], index: Fences): Promise<Outcome[]> {
    const tracks = await this.tracks.lock(tx, [...new Set(fixes.map((it) => it.trackerId))]);
    const outcomes: Outcome[] = fixes.map(() => 'tracker-unknown');
    const ids = fixes.map((it) => positionId(it.trackerId, it.fixTime));
    const firsts = new Map<string, number>();
    fixes.forEach((fix, at) => {
      if (!tracks.has(fix.trackerId)) return;
      outcomes[at] = 'duplicate';
      if (!firsts.has(ids[at])) firsts.set(ids[at], at);
    });
    if (firsts.size === 0) return outcomes;
    // Ids sort by fix time.
    const order = [...firsts.keys()].sort();
    const going = new Map([...tracks].map(([id, track]) => [id, new Going(track)]));
    const kept = order.map((id) => {
      const fix = fixes[firsts.get(id)!];
      return going.get(fix.trackerId)!.take(fix, index);
    });
    const fresh = await this.tracks.insert(tx, kept);
    for (const id of fresh) outcomes[firsts.get(id)!] = 'accepted';
    await this.follow(tx, [...going.values()], fresh, index);
    return outcomes;
  }

  /** Saves what follows from the fixes. */
  private async follow(tx: Transaction, going: readonly Going[], fresh: Set<string>, index: Fences): Promise<void> {
    for (const it of going) {
      const late = it.late.filter((fix) => fresh.has(positionId(fix.trackerId, fix.fixTime)));
      if (late.length === 0) continue;
      if (it.track.dirtyFrom === null) tx.job(ReplayTracker, { trackerId: it.track.trackerId });
      it.track.dirtyFrom = Math.min(it.track.dirtyFrom ?? Infinity, ...late.map(({ fixTime }) => fixTime));
      it.changed = true;
    }
    const changed = going.filter((it) => it.changed);
    this.tracks.save(
      tx,
      changed.map(({ track }) => ({ ...track, dwellDue: nextDwell(track.state, index) })),
    );
    this.tracks.saveCheckpoints(
      tx,
      changed.filter((it) => it.checkpoint).map(({ track }) => track),
    );
    const latest = changed.flatMap((it) => it.latest ?? []);
    this.tracks.saveLatest(tx, latest);
    tx.afterCommit(() => latest.forEach((fix) => this.channel.moved(tx.tenantId, fix, this.clock.nowMs())));
    await this.book.enter(
      tx,
      changed.flatMap((it) => it.events),
    );
  }
}

/** A track while a batch is added to it. */
class Going {
  readonly late: Fix[] = [];
  readonly events: (FenceEvent & { trackerId: string })[] = [];
  latest: Fix | null = null;
  changed = false;
  checkpoint = false;

  constructor(readonly track: Track) {}

  take(fix: Fix, index: Fences): KeptFix {
    const { track } = this;
    if (fix.fixTime <= track.state.lastFixTime) {
      this.late.push(fix);
      // Judged by the replay, with those before and after it.
      return { ...fix, reason: null };
    }
    const { state, reason, events } = advance(track.state, fix, index);
    track.state = state;
    this.changed = true;
    this.events.push(...events.map((event) => ({ ...event, trackerId: fix.trackerId })));
    if (reason === null) this.latest = fix;
    if (fix.fixTime >= (track.checkpointAt ?? -Infinity) + CHECKPOINT_MS) this.checkpoint = true;
    if (this.checkpoint) track.checkpointAt = fix.fixTime;
    return { ...fix, reason };
  }
}
