import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Config } from '../../../kernel/config/config';
import { logger } from '../../../kernel/telemetry/logger';
import type { GraphHead } from '../domain/routing/graph';
import { routerBusy } from '../domain/route.errors';
import { graphFileOf, readGraph } from './road-graph-file';
import type { RouterAnswer, RouterQuestion } from './router.thread';

/** How often it is looked whether the roads were imported anew. */
const LOOK_EVERY_MS = 5_000;
/** Questions that wait, at most. */
const MOST_WAITING = 64;
/** A question that takes longer ends with its thread. */
const MOST_MS = 30_000;
/** A thread without questions for so long ends, and gives its memory back. */
const IDLE_MS = 300_000;

// A thread runs built files alone; where sources run as they are (tests), the same file of the build.
const ENTRY = path.join(
  path.extname(__filename) === '.ts'
    ? __dirname.replace(`${path.sep}src${path.sep}`, `${path.sep}dist${path.sep}src${path.sep}`)
    : __dirname,
  'router.thread.js',
);

interface Waiting {
  asked: RouterQuestion;
  resolve: (answer: RouterAnswer) => void;
  reject: (error: Error) => void;
}

/** The road network of this process: read once, asked in a thread, so that requests are answered meanwhile. */
@Injectable()
export class RoadRouter implements OnApplicationShutdown {
  private readonly file: string;
  private memory: SharedArrayBuffer | null = null;
  private head: GraphHead | null = null;
  /** Of the file that was read, and one that could not be. */
  private version: string | null = null;
  private lookedAt = -Infinity;
  private looking: Promise<void> | null = null;
  private thread: Worker | null = null;
  private current: Waiting | null = null;
  private timer: NodeJS.Timeout | null = null;
  private readonly waiting: Waiting[] = [];

  constructor(config: Config) {
    this.file = graphFileOf(config.dataDir);
  }

  /** Memory of the network, to be shared with a thread; null where no roads are imported. */
  async roads(): Promise<SharedArrayBuffer | null> {
    if (monotonicMs() - this.lookedAt >= LOOK_EVERY_MS)
      await (this.looking ??= this.look().finally(() => (this.looking = null)));
    return this.memory;
  }

  /** What the network was made of; null where none is there. */
  async about(): Promise<GraphHead | null> {
    await this.roads();
    return this.head;
  }

  /** @returns null where no roads are imported. @throws AppError unavailable `location.router-busy` */
  async ask(asked: RouterQuestion): Promise<RouterAnswer | null> {
    if (!(await this.roads())) return null;
    if (this.waiting.length >= MOST_WAITING) throw routerBusy();
    return new Promise((resolve, reject) => {
      this.waiting.push({ asked, resolve, reject });
      this.next();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    for (const { reject } of this.waiting.splice(0)) reject(new Error('the process is ending'));
    await this.end(new Error('the process is ending'));
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
      this.head = read?.graph.head ?? null;
      if (read) logger.info({ source: read.graph.head.source, nodes: read.graph.nodes }, 'the road network is loaded');
    } catch (error) {
      // The network before goes on; without one, ways are great circles.
      logger.error({ err: error }, 'the road network cannot be read');
      return;
    }
    // A thread that is at work ends its question on the old network.
    if (!this.current) await this.end();
  }

  private next(): void {
    if (this.current || this.waiting.length === 0 || !this.memory) return;
    const one = (this.current = this.waiting.shift() as Waiting);
    const thread = (this.thread ??= this.start(this.memory));
    thread.ref();
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.end(new Error('the search for a way did not end in time')), MOST_MS);
    thread.postMessage(one.asked);
  }

  private start(memory: SharedArrayBuffer): Worker {
    const thread = new Worker(ENTRY, { workerData: memory });
    thread.unref();
    thread.on('message', (answer: RouterAnswer) => {
      const one = this.current;
      this.current = null;
      if (this.timer) clearTimeout(this.timer);
      thread.unref();
      this.timer = setTimeout(() => void this.end(), IDLE_MS).unref();
      one?.resolve(answer);
      // Roads that were imported meanwhile are for the questions that follow.
      if (this.memory !== memory) void this.end().then(() => this.next());
      else this.next();
    });
    const gone = (error: Error): void => {
      if (this.thread === thread) void this.end(error).then(() => this.next());
    };
    thread.on('error', gone);
    thread.on('exit', () => gone(new Error('the thread that finds ways ended')));
    return thread;
  }

  private async end(reason?: Error): Promise<void> {
    const thread = this.thread;
    const one = this.current;
    this.thread = null;
    this.current = null;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    one?.reject(reason ?? new Error('the thread that finds ways ended'));
    await thread?.terminate();
  }
}
