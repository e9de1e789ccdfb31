import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config/config';
import { PLATFORM_TENANT } from '../context/request-context';
import { Database, tenantStatement } from '../database/database';
import { Listener } from '../database/listener';
import { named } from '../database/statements';
import { AppError } from '../errors/app-error';
import { logger } from '../telemetry/logger';
import { Clock } from './clock';

const CHANNEL = 'mainstay_clock';
/** How long a move of time may stay unseen when its notification is lost (milliseconds). */
const POLL_MS = 2_000;
/** Time moves at most ten years either way (seconds). */
const MOST_SECONDS = 10 * 366 * 86_400;

const READ = 'select offset_seconds as "offset" from kernel.clock';
const BOUNDED = `offset_seconds between -${MOST_SECONDS} and ${MOST_SECONDS}`;
const ADVANCE = `with moved as (select offset_seconds + $1::float8 as offset_seconds from kernel.clock for update)
  update kernel.clock c set offset_seconds = m.offset_seconds from moved m where m.${BOUNDED} returning c.offset_seconds as "offset"`;
const SET = `with moved as (select extract(epoch from $1::timestamptz - statement_timestamp())::float8 as offset_seconds)
  update kernel.clock c set offset_seconds = m.offset_seconds from moved m where m.${BOUNDED} returning c.offset_seconds as "offset"`;

/**
 * Keeps the clocks of all processes at one offset, in tests and development. In production it does nothing: there
 * time has no offset, whatever the table says.
 */
@Injectable()
export class ClockSync implements OnModuleInit, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private readonly unsubscribe: (() => void)[] = [];
  /** The shared offset as last read: only a change of it is applied, so that a test may move its own process alone. */
  private shared = 0;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly listener: Listener,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.config.isProduction) return;
    await this.refresh();
    const look = (): void =>
      void this.refresh().catch((error: unknown) => logger.debug({ err: error }, 'clock not read'));
    this.unsubscribe.push(this.listener.on(CHANNEL, look), this.listener.onGap(look));
    this.timer = setInterval(look, POLL_MS).unref();
  }

  beforeApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  /** Moves time in every process by `seconds`. @throws AppError when it would be more than ten years away */
  advance(seconds: number): Promise<void> {
    return this.move(ADVANCE, seconds);
  }

  /** Makes `moment` the present in every process. @throws AppError when it is more than ten years away */
  set(moment: Date): Promise<void> {
    return this.move(SET, moment);
  }

  private async move(statement: string, value: number | Date): Promise<void> {
    if (this.config.isProduction) throw new Error('Time is not moved in production.');
    const results = await this.database.send([tenantStatement(PLATFORM_TENANT), named(statement, [value])]);
    const row = results[1].rows[0] as { offset: number } | undefined;
    if (!row) throw new AppError('clock.out-of-range', 'invalid', 'Time can be moved by ten years at most.');
    this.adopt(row.offset);
    this.listener.notify(CHANNEL);
  }

  private async refresh(): Promise<void> {
    const [row] = await this.database.readPlatform<{ offset: number }>(READ);
    this.adopt(row.offset);
  }

  private adopt(offset: number): void {
    if (offset === this.shared) return;
    this.shared = offset;
    this.clock.setOffset(offset);
  }
}
