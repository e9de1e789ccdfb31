import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller';
import { HealthRegistry } from './health.registry';
import { HealthService } from './health.service';
import { HomeController } from './home.controller';
import { OwnChecks } from './own-checks';
import { StatusController } from './status.controller';

/** Probes, the page for people, and the registry that other parts add themselves to. */
@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, StatusController, HomeController],
  providers: [HealthRegistry, HealthService, OwnChecks],
  exports: [HealthRegistry, HealthService],
})
export class HealthModule {}
