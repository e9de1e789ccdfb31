import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { MOST_SECONDS, type RouteRequest } from '../domain/optimization/request';
import type { RouteSolution } from '../contracts/route-plans';
import { RoadRouter } from './road-router';
import type { ThreadSays, ThreadTask } from './route-optimizer.thread';

/** A thread that needs more is ended; the process lives on (MB). */
const MOST_MEMORY_MB = 768;
/** Time for reading the request, measuring ways and writing the plan, beside the search itself. */
const GRACE_MS = 90_000;

/** The thread ended without a plan, and would again: what it was asked is too much for it. */
export class OptimizerFailed extends Error {}

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

  constructor(private readonly router: RoadRouter) {}

  /**
   * @param onProgress told the percent of the budget spent, some times a second; `stop` has the search end with the best plan so far
   * @returns null where it was stopped before there was a plan
   * @throws OptimizerFailed when the thread cannot do it; another Error when this process is ending
   */
  async plan(
    request: RouteRequest,
    onProgress: (percent: number, stop: () => void) => void = () => undefined,
  ): Promise<RouteSolution | null> {
    const stop = new SharedArrayBuffer(1);
    const roads = request.options?.metric === 'road' && !request.matrix ? await this.router.roads() : null;
    const task: ThreadTask = { request, stop, roads };
    const thread = new Worker(ENTRY, {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    });
    this.threads.add(thread);
    const askToStop = (): void => void Atomics.store(new Uint8Array(stop), 0, 1);
    return new Promise<RouteSolution | null>((resolve, reject) => {
      const seconds = request.options?.seconds ?? MOST_SECONDS;
      const timer = setTimeout(
        () => {
          reject(new OptimizerFailed('the search did not end in time'));
          void thread.terminate();
        },
        seconds * 1_000 + GRACE_MS,
      );
      thread.on('message', (said: ThreadSays) => {
        if ('solution' in said) resolve(said.solution);
        else onProgress(said.progress, askToStop);
      });
      thread.on('error', (error) => reject(new OptimizerFailed(error.message, { cause: error })));
      thread.on('exit', () => {
        clearTimeout(timer);
        // After a plan or an error this changes nothing.
        reject(new Error('the thread was ended before it had a plan'));
      });
    }).finally(() => this.threads.delete(thread));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
  }
}
