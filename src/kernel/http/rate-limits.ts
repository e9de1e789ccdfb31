import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import Redis from 'ioredis';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  type RateLimiterAbstract,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import type { Principal } from '../auth/principal';
import { Config } from '../config/config';
import { Database } from '../database/database';
import { AppError } from '../errors/app-error';
import { logger } from '../telemetry/logger';
import type { RateClass } from './decorators';
import { RateCounter, type Counted } from './rate-counter';

/** Seconds of a window. */
const WINDOW = 60;

/** Seconds of a day, and the lane of the daily quotas of API keys. */
const DAY = 86_400;
const DAY_LANE = 'day:key';

/** Share of the general limit that each class grants within a window. */
const SHARE: Record<Exclude<RateClass, 'none'>, number> = {
  default: 1,
  auth: 0.1,
  heavy: 0.1,
  // Many devices stand behind one address of their network, and each tells something every few seconds.
  ingest: 10,
};

interface Lane {
  quota: number;
  policy: string;
  /** Where this process counts alone. */
  local?: LocalLimiter;
  counter: RateCounter;
}

/** The limiter in memory, asked without a promise. */
class LocalLimiter extends RateLimiterMemory {
  private readonly storage = (
    this as unknown as { _memoryStorage: { incrby(key: string, points: number, seconds: number): RateLimiterRes } }
  )._memoryStorage;

  count(key: string): Counted {
    const { consumedPoints, msBeforeNext } = this.storage.incrby(this.getKey(key), 1, this.duration);
    return { rank: consumedPoints, msBeforeNext };
  }
}

/**
 * Limits requests per minute: a signed-in principal by its id, anybody else by address, each class of routes apart.
 * One process counts in memory; with Redis all processes count together there, else in PostgreSQL when the roles are
 * split or production runs on a database that other processes may share. Without its store it counts locally.
 */
@Injectable()
export class RateLimits implements OnModuleInit, OnApplicationShutdown {
  private readonly lanes = new Map<string, Lane>();
  private readonly redis?: Redis;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
  ) {
    if (config.redisUrl) {
      this.redis = new Redis(config.redisUrl, {
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        lazyConnect: false,
      });
      this.redis.on('error', (error) => logger.debug({ err: error }, 'rate limits: Redis'));
    }
    for (const [rateClass, share] of Object.entries(SHARE)) {
      this.addLane(`${rateClass}:address`, rateClass, Math.max(1, Math.ceil(config.rateLimit * share)));
      this.addLane(`${rateClass}:principal`, rateClass, Math.max(1, Math.ceil(config.rateLimitPrincipal * share)));
    }
    // Each key has a quota of its own: the lane only counts.
    this.addLane(DAY_LANE, 'day', 2_000_000_000, DAY);
  }

  /** Where the counters live. */
  get store(): 'memory' | 'postgres' | 'redis' {
    if (this.redis) return 'redis';
    const alone = this.config.embeddedDatabase || !this.config.isProduction;
    return alone && this.config.roles.size === 3 ? 'memory' : 'postgres';
  }

  /** Resolves once the store answers, or at once where it is away: then this process counts alone until it is back. */
  async ready(): Promise<void> {
    if (!this.redis || this.redis.status === 'ready') return;
    await new Promise<void>((resolve) => {
      this.redis!.once('ready', resolve);
      this.redis!.once('close', resolve);
    });
  }

  /**
   * Counts one request and writes the `RateLimit` fields; at once where this process counts alone, else the promise of it.
   * @throws AppError 429 with Retry-After
   */
  consume(rateClass: RateClass, principal: Principal, address: string, reply: FastifyReply): void | Promise<void> {
    if (rateClass === 'none') return;
    const known = principal.userId !== null;
    // Signing in is limited by address even with a token: the token proves nothing about the credentials tried.
    const byAddress = !known || rateClass === 'auth';
    const lane = this.lanes.get(`${rateClass}:${byAddress ? 'address' : 'principal'}`)!;
    // An API key counts by itself, so that a program does not use up what its owner may do.
    const apiKey = byAddress ? null : (principal.apiKey ?? null);
    const key = byAddress ? addressKey(address) : (apiKey?.id ?? principal.userId!);
    const tell = (counted: Counted): void | Promise<void> => {
      told(limitedTo(lane, rateClass, apiKey?.ratePerMinute), rateClass, counted, known, reply);
      if (apiKey?.quotaPerDay) return this.consumeDay(apiKey.id, apiKey.quotaPerDay, reply);
    };
    return lane.local ? tell(lane.local.count(key)) : lane.counter.count(key).then(tell);
  }

  /** Counts a request of an API key against its daily quota. */
  private consumeDay(keyId: string, quota: number, reply: FastifyReply): void | Promise<void> {
    const { local, counter } = this.lanes.get(DAY_LANE)!;
    const tell = (counted: Counted): void => toldOfDay(quota, counted, reply);
    return local ? tell(local.count(keyId)) : counter.count(keyId).then(tell);
  }

  onModuleInit(): Promise<void> {
    return this.ready();
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }

  private addLane(name: string, rateClass: string, quota: number, duration = WINDOW): void {
    const common = { points: quota, duration, keyPrefix: name };
    const local = new LocalLimiter(common);
    this.lanes.set(name, {
      quota,
      policy: `"${rateClass}";q=${quota};w=${WINDOW}`,
      local: this.store === 'memory' ? local : undefined,
      counter: new RateCounter(this.limiterOf(common, local)),
    });
  }

  private limiterOf(
    common: { points: number; duration: number; keyPrefix: string },
    local: RateLimiterMemory,
  ): RateLimiterAbstract {
    // Once over the limit, a process refuses without asking the store until the window ends.
    const shared = { ...common, insuranceLimiter: local, inMemoryBlockOnConsumed: common.points + 1 };
    if (this.store === 'redis') {
      return new RateLimiterRedis({
        ...shared,
        storeClient: this.redis,
        keyPrefix: `${this.config.redisPrefix}:limit:${common.keyPrefix}`,
      });
    }
    if (this.store === 'postgres') {
      const table = { tableName: 'rate_limits', schemaName: 'kernel', tableCreated: true, clearExpiredByTimeout: true };
      return new RateLimiterPostgres({ ...shared, ...table, storeType: 'pool', storeClient: this.database.pool });
    }
    return local;
  }
}

type Quota = Pick<Lane, 'quota' | 'policy'>;

/** The lane's quota, or a key's own where that is smaller. */
const limitedTo = (lane: Quota, rateClass: string, quota: number | null | undefined): Quota =>
  quota && quota < lane.quota ? { quota, policy: `"${rateClass}";q=${quota};w=${WINDOW}` } : lane;

/** Adds the daily quota to the fields. @throws AppError 429 beyond it */
function toldOfDay(quota: number, { rank, msBeforeNext }: Counted, reply: FastifyReply): void {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  const add = (name: string, item: string): void =>
    void reply.header(name, `${String(reply.getHeader(name))}, "day";${item}`);
  add('ratelimit-policy', `q=${quota};w=${DAY}`);
  add('ratelimit', `r=${Math.max(0, quota - rank)};t=${seconds}`);
  if (rank <= quota) return;
  throw new AppError('rate-limit.exceeded', 'too-many', `More than ${quota} requests in 24 hours.`, {
    retryAfterSeconds: seconds,
    hint: 'The daily quota of this API key is used up.',
  });
}

/** @throws AppError 429 beyond the quota */
function told(lane: Quota, rateClass: RateClass, counted: Counted, known: boolean, reply: FastifyReply): void {
  const { rank, msBeforeNext } = counted;
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  void reply.header('ratelimit-policy', lane.policy);
  void reply.header('ratelimit', `"${rateClass}";r=${Math.max(0, lane.quota - rank)};t=${seconds}`);
  if (rank <= lane.quota) return;
  throw new AppError('rate-limit.exceeded', 'too-many', `More than ${lane.quota} requests in ${WINDOW} seconds.`, {
    retryAfterSeconds: seconds,
    hint: known
      ? 'Wait for Retry-After seconds.'
      : 'Wait for Retry-After seconds; signed-in callers have a higher limit.',
  });
}

/** IPv6 clients own a /64, so that is what counts; IPv4 addresses count as they are, mapped ones too. */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1];
  const [head, tail] = address.split('%')[0].split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
