import { Body, Controller, Get, HttpCode, Module, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal } from '../auth/decorators';
import type { Principal } from '../auth/principal';
import { AppError } from '../errors/app-error';
import { Problems } from '../http/decorators';
import { Clock } from './clock';
import { ClockBody, ClockView } from './clock.dto';
import { ClockSync } from './clock-sync';

/** Moving time, so that holds, lockouts and schedules can be tried. In production these routes do not exist. */
@ApiTags('development')
@Controller('dev/clock')
export class ClockController {
  constructor(
    private readonly clock: Clock,
    private readonly sync: ClockSync,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'readClock', summary: 'Read the kernel time' })
  @Authenticated()
  @Problems({ 'auth.permission-missing': 403 })
  readClock(@CurrentPrincipal() principal: Principal): ClockView {
    assertMayMove(principal);
    return this.view();
  }

  @Post()
  @ApiOperation({ operationId: 'moveClock', summary: 'Move the kernel time of every process' })
  @HttpCode(200)
  @Authenticated()
  @Problems({ 'auth.permission-missing': 403, 'clock.out-of-range': 400 })
  async moveClock(@CurrentPrincipal() principal: Principal, @Body() body: ClockBody): Promise<ClockView> {
    assertMayMove(principal);
    const { advanceSeconds, set } = body;
    if ((advanceSeconds === undefined) === (set === undefined)) {
      throw new AppError('request.invalid', 'invalid', 'Send either advanceSeconds or set.', {
        errors: [{ pointer: '/advanceSeconds', code: 'one-of', detail: 'Exactly one of advanceSeconds and set.' }],
      });
    }
    if (advanceSeconds !== undefined) await this.sync.advance(advanceSeconds);
    else await this.sync.set(new Date(set!));
    return this.view();
  }

  private view(): ClockView {
    return { now: this.clock.now().toISOString(), offsetSeconds: this.clock.offsetSeconds };
  }
}

/** Operators and owners: time is one for all tenants of a development installation. */
function assertMayMove({ kind, roles }: Principal): void {
  if (kind === 'operator' || roles.includes('owner')) return;
  throw new AppError('auth.permission-missing', 'forbidden', 'Only operators and owners move time.');
}

/** Served outside of production only. */
@Module({ controllers: [ClockController] })
export class ClockModule {}
