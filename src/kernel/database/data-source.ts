import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { types } from 'pg';
import type { Config } from '../config/config';

// Amounts, counts and quantities fit a double exactly up to 2^53; int8 as text would turn sums into concatenations.
types.setTypeParser(types.builtins.INT8, (value) => {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('An int8 beyond 2^53 was read as a number.');
  return number;
});

const timestamp = types.getTypeParser(types.builtins.TIMESTAMPTZ, 'text') as (value: string) => unknown;
const UTC = /^[1-9]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.(\d{1,6}))?\+00$/;

/** A `timestamptz` as PostgreSQL writes it in UTC, which is all that our connections speak; anything else as ever. */
export function readTimestamp(value: string): unknown {
  const match = UTC.exec(value);
  if (!match) return timestamp(value);
  const digit = (at: number): number => value.charCodeAt(at) - 48;
  const pair = (at: number): number => digit(at) * 10 + digit(at + 1);
  // Beyond the millisecond a Date does not see.
  const milliseconds = match[1] === undefined ? 0 : Number(`${match[1]}00`.slice(0, 3));
  return new Date(Date.UTC(pair(0) * 100 + pair(2), pair(5) - 1, pair(8), pair(11), pair(14), pair(17), milliseconds));
}
types.setTypeParser(types.builtins.TIMESTAMPTZ, readTimestamp as never);

/**
 * Options of the application's data source. Every connection starts as role `mainstay_app` (the login itself inherits
 * nothing), in UTC, with limits so that no statement or idle transaction holds locks for ever.
 */
export function databaseOptions(config: Config): TypeOrmModuleOptions {
  return {
    type: 'postgres',
    url: config.databaseUrl ?? undefined,
    autoLoadEntities: true,
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    retryAttempts: 0,
    extra: {
      max: config.databasePoolSize,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
      options: `-c role=mainstay_app -c timezone=UTC -c statement_timeout=${config.statementTimeoutMs} -c idle_in_transaction_session_timeout=60000 -c lock_timeout=20000`,
    },
  };
}
