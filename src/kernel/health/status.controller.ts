import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/decorators';
import { clock } from '../clock/clock';
import { VERSION } from '../version';
import { StatusView } from './health.dto';
import { HealthService } from './health.service';

/** Which Mainstay answers here, and how it is. */
@ApiTags('health')
@Controller('status')
export class StatusController {
  constructor(private readonly health: HealthService) {}

  /** Which Mainstay this is and how it is. */
  @Get()
  @Public()
  @ApiOperation({ operationId: 'readStatus', summary: 'Read which Mainstay this is and how it is' })
  async readStatus(): Promise<StatusView> {
    const { status } = await this.health.report();
    return { name: 'Mainstay', version: VERSION, status, time: clock.now().toISOString() };
  }
}
