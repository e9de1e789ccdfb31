import { statfs } from 'node:fs/promises';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import Redis from 'ioredis';
import { Config } from '../config/config';
import { Database } from '../database/database';
import { knownMigrations } from '../database/migrator';
import { Deliveries } from '../messaging/deliveries';
import { HealthRegistry, type HealthFinding } from './health.registry';

/** Deliveries that wait longer than this (seconds) are told. */
const LAG_SECONDS = 60;
const MIB = 1024 ** 2;

/** The kernel's own checks: database, migrations, deliveries, disk, and Redis when it is set. */
@Injectable()
export class OwnChecks implements OnModuleInit, OnApplicationShutdown {
  private redis?: Redis;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly deliveries: Deliveries,
    private readonly registry: HealthRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.add({ name: 'database', critical: true, check: () => this.checkDatabase() });
    this.registry.add({ name: 'migrations', critical: true, check: () => this.checkMigrations() });
    this.registry.add({ name: 'deliveries', critical: false, check: () => this.checkDeliveries() });
    this.registry.add({ name: 'disk', critical: true, check: () => this.checkDisk() });
    if (this.config.redisUrl) this.registry.add({ name: 'redis', critical: true, check: () => this.checkRedis() });
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }

  private async checkDatabase(): Promise<HealthFinding> {
    const sql = `select split_part(current_setting('server_version'), ' ', 1) as version`;
    const [row] = await this.database.readPlatform<{ version: string }>(sql);
    const { totalCount, idleCount, waitingCount } = this.database.pool;
    return {
      message: `PostgreSQL ${row.version}`,
      connections: { total: totalCount, idle: idleCount, waiting: waitingCount },
    };
  }

  private async checkMigrations(): Promise<HealthFinding> {
    const known = knownMigrations().map((file) => file.slice(0, 13));
    const rows = await this.database.readPlatform<{ timestamp: string }>('select timestamp from public.migrations');
    const applied = new Set(rows.map((row) => String(row.timestamp)));
    const missing = known.filter((timestamp) => !applied.has(timestamp)).length;
    if (missing > 0) throw new Error(`${missing} of ${known.length} migrations are not applied`);
    return { message: `${known.length} of ${known.length} applied` };
  }

  private async checkDeliveries(): Promise<HealthFinding> {
    const { pending, handed, dead, oldestSeconds } = await this.deliveries.counts();
    const oldest = Math.round(oldestSeconds);
    const status = oldest > LAG_SECONDS || dead > 0 ? 'degraded' : 'up';
    return { status, message: `${pending} waiting, oldest due ${oldest} s ago, ${dead} dead`, pending, handed, dead };
  }

  private async checkDisk(): Promise<HealthFinding> {
    const { bavail, bsize } = await statfs(this.config.dataDir).catch(() => statfs('.'));
    const free = bavail * bsize;
    const message = `${Math.round(free / MIB)} MiB free`;
    if (free < this.config.diskFreeMinBytes) throw new Error(message);
    return { message };
  }

  private async checkRedis(): Promise<HealthFinding> {
    if (!this.redis) {
      this.redis = new Redis(this.config.redisUrl!, { maxRetriesPerRequest: 1, lazyConnect: true });
      this.redis.on('error', () => undefined);
    }
    await this.redis.ping();
    return { message: 'answers' };
  }
}
