import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Config } from '../../../kernel/config/config';
import { maybeContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { logger } from '../../../kernel/telemetry/logger';
import { routerBusy, routerGaveUp } from '../domain/route.errors';
import { Turns } from '../domain/turns';
import { graphFileOf, readGraph } from './road-graph-file';
import type { RouterAnswer, RouterQuestion, RouterStart } from './router.thread';

/** How long questions may take (milliseconds), and how many may wait. */
export interface RouterLimits {
  /** How often it is looked whether the roads were imported anew. */
  lookEveryMs: number;
  /** A question that takes longer ends with its thread. */
  mostMs: number;
  /** One that is not begun within this is turned away. */
  waitMs: number;
  /** A thread without questions for so long ends, and gives its memory back. */
  idleMs: number;
  /** Questions that wait, at most: in all, and of one organization. */
  mostWaiting: number;
  mostOfOne: number;
}

export const ROUTER_LIMITS = Symbol('RouterLimits');
const LIMITS: RouterLimits = {
  lookEveryMs: 5_000,
  mostMs: 30_000,
  waitMs: 30_000,
  idleMs: 300_000,
  mostWaiting: 64,
  mostOfOne: 16,
};

// A thread runs built files alone; where sources run as they are (tests), the same file of the build.
const ENTRY = path.join(
  path.extname(__filename) === '.ts'
    ? __dirname.replace(`${path.sep}src${path.sep}`, `${path.sep}dist${path.sep}src${path.sep}`)
    : __dirname,
  'router.thread.js',
);

interface Waiting {
  asked: RouterQuestion;
  tenantId: string;
  resolve: (answer: RouterAnswer | null) => void;
  reject: (error: Error) => void;
  /** Turns it away when it has waited too long. */
  late: NodeJS.Timeout;
}

/**
 * The road network of this process: read once, asked in a thread, so that requests are answered meanwhile. One question at a time,
 * organizations in turn; a thread that does not answer in time is replaced, and whoever waits goes on with the next.
 */
@Injectable()
export class RoadRouter implements OnApplicationShutdown {
  private readonly file: string;
  private memory: SharedArrayBuffer | null = null;
  /** How many networks were read: the number of this one. */
  private network = 0;
  /** Of the file that was read, and one that could not be. */
  private version: string | null = null;
  private lookedAt = -Infinity;
  private looking: Promise<void> | null = null;
  private thread: Worker | null = null;
  private current: Waiting | null = null;
  /** Ends the thread: when its question takes too long, or when it has none. */
  private timer: NodeJS.Timeout | null = null;
  private waiting: Waiting[] = [];
  private readonly turns = new Turns();
  private readonly limits: RouterLimits;

  constructor(config: Config, @Optional() @Inject(ROUTER_LIMITS) limits?: Partial<RouterLimits>) {
    this.file = graphFileOf(config.dataDir);
    this.limits = { ...LIMITS, ...limits };
  }

  /** Memory of the network, to be shared with a thread; null where no roads are imported. */
  async roads(): Promise<SharedArrayBuffer | null> {
    if (monotonicMs() - this.lookedAt >= this.limits.lookEveryMs)
      await (this.looking ??= this.look().finally(() => (this.looking = null)));
    return this.memory;
  }

  /**
   * @returns null where no roads are imported
   * @throws AppError unavailable `location.router-busy`, `location.router-gave-up`
   */
  async ask(asked: RouterQuestion): Promise<RouterAnswer | null> {
    if (!(await this.roads())) return null;
    const { mostWaiting, mostOfOne, waitMs } = this.limits;
    const tenantId = maybeContext()?.tenantId ?? PLATFORM_TENANT;
    const own = this.waiting.filter((one) => one.tenantId === tenantId).length;
    if (this.waiting.length >= mostWaiting || own >= mostOfOne) throw routerBusy();
    return new Promise((resolve, reject) => {
      const one: Waiting = { asked, tenantId, resolve, reject, late: setTimeout(() => this.turnAway(one), waitMs) };
      this.waiting.push(one);
      this.next();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    for (const one of [...this.waiting]) this.turnAway(one);
    await this.end(routerBusy());
  }

  private async look(): Promise<void> {
    const found = await stat(this.file).catch(() => null);
    this.lookedAt = monotonicMs();
    const version = found && `${found.ino} ${found.size} ${found.mtimeMs}`;
    if (version === this.version) return;
    this.version = version;
    try {
      const read = version === null ? null : await readGraph(this.file);
      this.memory = read?.memory ?? null;
      this.network += 1;
      if (read) logger.info({ source: read.graph.head.source, nodes: read.graph.nodes }, 'the road network is loaded');
    } catch (error) {
      // The network before goes on; without one, ways are great circles.
      logger.error({ err: error }, 'the road network cannot be read');
      return;
    }
    // A thread that is at work ends its question on the old network.
    if (!this.current) await this.end();
  }

  private turnAway(one: Waiting): void {
    if (!this.waiting.includes(one)) return;
    this.waiting = this.waiting.filter((other) => other !== one);
    clearTimeout(one.late);
    one.reject(routerBusy());
  }

  private next(): void {
    if (this.current) return;
    if (!this.memory) {
      // The roads were taken away meanwhile: whoever waits hears what those hear who ask now.
      for (const { resolve, late } of this.waiting.splice(0)) {
        clearTimeout(late);
        resolve(null);
      }
      return;
    }
    const tenantId = this.turns.next(this.waiting.map((one) => one.tenantId));
    const one = this.waiting.find((each) => each.tenantId === tenantId);
    if (!one) return;
    this.turns.took(one.tenantId);
    this.waiting.splice(this.waiting.indexOf(one), 1);
    clearTimeout(one.late);
    this.current = one;
    const thread = (this.thread ??= this.start(this.memory));
    thread.ref();
    this.endAfter(this.limits.mostMs, routerGaveUp());
    thread.postMessage(one.asked);
  }

  private start(memory: SharedArrayBuffer): Worker {
    const thread = new Worker(ENTRY, { workerData: { memory, network: this.network } satisfies RouterStart });
    thread.unref();
    thread.on('message', (answer: RouterAnswer) => {
      // What a thread still says that was given up is no answer to the question of the next one.
      if (this.thread !== thread) return;
      const one = this.current;
      this.current = null;
      thread.unref();
      this.endAfter(this.limits.idleMs);
      one?.resolve(answer);
      // Roads that were imported meanwhile are for the questions that follow.
      if (this.memory !== memory) this.replace();
      else this.next();
    });
    thread.on('error', (error) => logger.error({ err: error }, 'the thread that finds ways failed'));
    thread.on('exit', () => {
      if (this.thread === thread) this.replace(routerGaveUp());
    });
    return thread;
  }

  private endAfter(ms: number, reason?: Error): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.replace(reason), ms);
    if (!reason) this.timer.unref();
  }

  /** Ends the thread and goes on with what waits. */
  private replace(reason?: Error): void {
    void this.end(reason).finally(() => this.next());
  }

  private async end(reason: Error = routerGaveUp()): Promise<void> {
    const thread = this.thread;
    const one = this.current;
    this.thread = null;
    this.current = null;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    one?.reject(reason);
    await thread?.terminate();
  }
}
