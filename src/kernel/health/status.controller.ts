import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/decorators';
import { clock } from '../clock/clock';
import { VERSION } from '../version';
import { StatusView } from './health.dto';
import { HealthService } from './health.service';

<<<<<<< HEAD
/** The state of the product in a few words. */
export class StatusView {
  /** @example "Mainstay" */
  name!: string;
  /** @example "0.1.0" */
  version!: string;
  /** `degraded`: requests are answered, but something needs attention. @example "up" */
  status!: 'up' | 'degraded' | 'down';
  /** Kernel time, RFC 3339. @example "2026-03-01T12:00:00.000Z" */
  time!: string;
}

@ApiTags('health')
=======
/** Which Mainstay answers here, and how it is. */
>>>>>>> 6ffcc87 (OpenAPI document from the real application: names, problems, permissions, examples)
@Controller('status')
export class StatusController {
  constructor(private readonly health: HealthService) {}

  /** Which Mainstay this is and how it is. */
  @Get()
  @Public()
<<<<<<< HEAD
  @ApiOperation({ operationId: 'getStatus', summary: 'Read which Mainstay this is and how it is' })
  async status(): Promise<StatusView> {
=======
  async readStatus(): Promise<StatusView> {
>>>>>>> 6ffcc87 (OpenAPI document from the real application: names, problems, permissions, examples)
    const { status } = await this.health.report();
    return { name: 'Mainstay', version: VERSION, status, time: clock.now().toISOString() };
  }
}
