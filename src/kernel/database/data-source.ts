import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { types } from 'pg';
import type { Config } from '../config/config';

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
