import type { QueueName } from './reaction';

/** A job as it is handed to its queue: id = delivery id, data = payload, tenant and trace. */
export interface HandedJob {
  id: string;
  name: string;
  data: {
    tenantId: string;
    payload: object;
    traceparent: string | null;
    /** It was handed over before, and may have ended meanwhile. */
    again?: boolean;
  };
  attempts: number;
  /** See `JobOptions`. */
  priority?: number;
}

/**
 * The port behind which BullMQ stands. `addBulk` is called outside any transaction and may be repeated for the same
 * ids: a queue that still knows an id ignores it.
 */
export abstract class JobQueue {
  abstract addBulk(queue: QueueName, jobs: HandedJob[]): Promise<void>;
}
