import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AccessGuard } from '../auth/access.guard';
import { StepUpGate } from '../auth/step-up';
import { TokensModule } from '../auth/tokens.module';
import { Database } from '../database/database';
import { ColumnTags } from '../telemetry/column-tags';
import { registerPool } from '../telemetry/metrics';
import { MetricsController } from '../telemetry/metrics.controller';
import { ProblemFilter } from './problem.filter';
import { RateLimits } from './rate-limits';
import { StrictQueryGuard } from './strict-query.guard';
import { EdgeValidationPipe } from './validation.pipe';

/** The edge of the product: what every route passes through, in the order listed. */
@Global()
@Module({
  imports: [TokensModule],
  controllers: [MetricsController],
  providers: [
    ColumnTags,
    RateLimits,
    StepUpGate,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: StrictQueryGuard },
    { provide: APP_PIPE, useClass: EdgeValidationPipe },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
  exports: [RateLimits, TokensModule],
})
export class HttpModule {
  constructor(database: Database) {
    registerPool('application', database.pool);
  }
}
