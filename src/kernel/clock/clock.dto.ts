import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsNumber, Max, Min } from 'class-validator';
import { IsTime } from '../http/pagination';
import { MayBeAbsent } from '../http/may-be-absent';

/** How to move time; exactly one of both. */
export class ClockBody {
  /**
   * Seconds to go forward, or back when negative.
   * @example 3600
   */
  @ApiPropertyOptional({ type: Number, example: 3600, description: 'Seconds to go forward, or back when negative.' })
  @MayBeAbsent()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(-316_224_000)
  @Max(316_224_000)
  advanceSeconds?: number;

  /**
   * The moment that becomes the present, RFC 3339, such as 2027-01-01T00:00:00Z.
   */
  @MayBeAbsent()
  @IsTime()
  set?: string;
}

/** What time it is. */
export class ClockView {
  /** Kernel time, RFC 3339. @example "2026-03-01T12:00:00.000Z" */
  now!: string;
  /** Seconds that it is ahead of the machine's clock. @example 3600 */
  offsetSeconds!: number;
}
