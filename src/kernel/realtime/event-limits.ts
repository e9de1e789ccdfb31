import { LRUCache } from 'lru-cache';
import { atMost } from '../cache/bounds';
import { monotonicMs } from '../clock/monotonic';
import type { EventLimit } from './socket-events';

/** Over all events of a user. */
export const ALL_EVENTS: EventLimit = { burst: 60, perSecond: 30 };
/** Buckets remembered; one that is forgotten was idle for long and would be full. */
const MOST_BUCKETS = 50_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by user and event, over all sockets of the user in this process. */
export class EventLimits {
  private readonly buckets = new LRUCache<string, Bucket>(atMost(MOST_BUCKETS));

  /** Takes tokens, all or none. @returns seconds to wait, 0 when they were taken */
  take(key: string, { burst, perSecond }: EventLimit, tokens = 1): number {
    const at = monotonicMs();
    let bucket = this.buckets.get(key);
    if (!bucket) this.buckets.set(key, (bucket = { tokens: burst, at }));
    bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) / 1_000) * perSecond);
    bucket.at = at;
    if (bucket.tokens < tokens) return Math.max(1, Math.ceil((tokens - bucket.tokens) / perSecond));
    bucket.tokens -= tokens;
    return 0;
  }

  /** Gives back tokens that were taken for nothing. */
  giveBack(key: string, { burst }: EventLimit, tokens: number): void {
    const bucket = this.buckets.get(key);
    if (bucket) bucket.tokens = Math.min(burst, bucket.tokens + tokens);
  }
}
