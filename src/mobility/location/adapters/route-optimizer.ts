import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { MOST_SECONDS, roadPlaces, type RouteRequest } from '../domain/optimization/request';
import { Config } from '../../../kernel/config/config';
import { HealthRegistry } from '../../../kernel/health/health.registry';
import { ProviderRecord } from '../../../kernel/health/provider-record';
import { logger } from '../../../kernel/telemetry/logger';
import type { RoadTraffic } from '../contracts/routes';
import type { RouteSolution } from '../contracts/route-plans';
import { differentPlaces } from '../domain/routing/measure-roads';
import { RoadRouter } from './road-router';
import type { ThreadHears, ThreadSays, ThreadTask } from './route-optimizer.thread';
import { askJson, ProviderFailed, ProviderRefused } from './routing/exchange';
import { ordersOf } from './routing/vroom';
import { Ways } from './ways';

/** A thread that needs more is ended; the process lives on (MB). */
const MOST_MEMORY_MB = 768;
/** Time for reading the request, measuring ways and writing the plan, beside the search itself. */
const GRACE_MS = 90_000;

/** The thread ended without a plan, and would again: what it was asked is too much for it. */
export class OptimizerFailed extends Error {}

/** How often it is told that a plan is still being made while servers are asked for it. */
const SIGN_OF_LIFE_MS = 500;

// A thread runs built files alone; where sources run as they are (tests), the same file of the build.
const ENTRY = path.join(
  path.extname(__filename) === '.ts'
    ? __dirname.replace(`${path.sep}src${path.sep}`, `${path.sep}dist${path.sep}src${path.sep}`)
    : __dirname,
  'route-optimizer.thread.js',
);

/** Plans routes in threads of their own, so that requests are answered meanwhile. */
@Injectable()
export class RouteOptimizer implements OnApplicationShutdown {
  private readonly threads = new Set<Worker>();
  private readonly record = new ProviderRecord('ways-vroom', 'VROOM');

  constructor(
    private readonly router: RoadRouter,
    private readonly ways: Ways,
    private readonly config: Config,
    @Optional() @Inject(HealthRegistry) health?: HealthRegistry,
  ) {
    if (config.vroomUrl !== null) health?.add(this.record);
  }

  /**
   * @param onProgress told the percent of the budget spent, some times a second; `stop` has the search end with the best plan so far
   * @returns null where it was stopped before there was a plan
   * @throws OptimizerFailed when the thread cannot do it; another Error when this process is ending
   */
  async plan(
    request: RouteRequest,
    onProgress: (percent: number, stop: () => void) => void = () => undefined,
    traffic?: RoadTraffic,
  ): Promise<RouteSolution | null> {
    const stop = new SharedArrayBuffer(1);
    const stopping = new AbortController();
    const askToStop = (): void => {
      Atomics.store(new Uint8Array(stop), 0, 1);
      stopping.abort();
    };
    // Also while others work on it, it is said that it is being worked on, and heard whether it should go on.
    let told = 0;
    const sign = setInterval(() => onProgress(told, askToStop), SIGN_OF_LIFE_MS);
    try {
      const { roads, measured, notes } = await this.measure(request, traffic);
      // Where iterations are named, the same plan is wanted again.
      const vroom = this.config.vroomUrl !== null && request.options?.iterations === undefined;
      const solution = await this.inThread(
        { request, stop, roads, traffic, measured, vroom },
        stopping.signal,
        (percent) => {
          told = percent;
          onProgress(percent, askToStop);
        },
      );
      return solution && { ...solution, notes: [...notes, ...solution.notes] };
    } finally {
      clearInterval(sign);
    }
  }

  /** Ways over roads by whoever is there to measure them. */
  private async measure(
    request: RouteRequest,
    traffic?: RoadTraffic,
  ): Promise<Pick<ThreadTask, 'roads' | 'measured'> & { notes: string[] }> {
    const notes: string[] = [];
    const places = roadPlaces(request);
    if (!places) return { roads: null, measured: null, notes };
    const roads = await this.router.roads();
    const { different } = differentPlaces(places);
    const objective = request.options?.objective === 'duration' ? 'time' : 'distance';
    const prices = { perKm: 0, perHour: 0 };
    const question = { origins: different, destinations: different, objective, prices, traffic } as const;
    const measured = await this.ways.measured(question, roads !== null, notes);
    if (traffic && (measured || !roads)) notes.push('The traffic that was told is not in these times.');
    return { roads: measured ? null : roads, measured, notes };
  }

  private inThread(
    task: ThreadTask,
    stopping: AbortSignal,
    onProgress: (percent: number) => void,
  ): Promise<RouteSolution | null> {
    const thread = new Worker(ENTRY, {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    });
    this.threads.add(thread);
    return new Promise<RouteSolution | null>((resolve, reject) => {
      const seconds = task.request.options?.seconds ?? MOST_SECONDS;
      // Where VROOM has no plan, the search begins after it.
      const vroomMs = task.vroom ? seconds * 1_000 + this.config.routingTimeoutMs : 0;
      const timer = setTimeout(
        () => {
          reject(new OptimizerFailed('the search did not end in time'));
          void thread.terminate();
        },
        seconds * 1_000 + vroomMs + GRACE_MS,
      );
      thread.on('message', (said: ThreadSays) => {
        if ('solution' in said) resolve(said.solution);
        else if ('progress' in said) onProgress(said.progress);
        else void this.askVroom(said.vroom, vroomMs, stopping).then((answer) => thread.postMessage(answer));
      });
      thread.on('error', (error) => reject(new OptimizerFailed(error.message, { cause: error })));
      thread.on('exit', () => {
        clearTimeout(timer);
        // After a plan or an error this changes nothing.
        reject(new Error('the thread was ended before it had a plan'));
      });
    }).finally(() => this.threads.delete(thread));
  }

  private async askVroom(question: Uint8Array, timeoutMs: number, stopping: AbortSignal): Promise<ThreadHears> {
    try {
      const orders = ordersOf(await askJson(`${this.config.vroomUrl}/`, timeoutMs, question, stopping));
      this.record.answered();
      return { orders };
    } catch (error) {
      if (error instanceof ProviderRefused) this.record.answered();
      else if (error instanceof ProviderFailed && !stopping.aborted) this.record.failed(error.message);
      if (!(error instanceof ProviderFailed)) logger.error({ err: error }, 'VROOM could not be asked');
      else if (!stopping.aborted) logger.warn({ err: error }, 'VROOM did not answer as it should');
      return { failed: `VROOM ${error instanceof ProviderFailed ? error.message : 'could not be asked'}.` };
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
  }
}
