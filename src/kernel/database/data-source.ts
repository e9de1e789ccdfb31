import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { types } from 'pg';

// Amounts, counts and quantities fit a double exactly up to 2^53; int8 as text would turn sums into concatenations.
types.setTypeParser(types.builtins.INT8, (value) => {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('An int8 beyond 2^53 was read as a number.');
  return number;
});

/**
 * Options of the application's data source. Every connection starts as role `mainstay_app` (the login itself inherits
 * nothing), in UTC, with limits so that no statement or idle transaction holds locks for ever.
 */
export function databaseOptions(url: string, poolSize = 10): TypeOrmModuleOptions {
  return {
    type: 'postgres',
    url,
    autoLoadEntities: true,
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    retryAttempts: 0,
    extra: {
      max: poolSize,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
      options:
        '-c role=mainstay_app -c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 -c lock_timeout=20000',
    },
  };
}
