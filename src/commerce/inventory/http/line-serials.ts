import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { SERIAL_NUMBER } from '../domain/serial';

const SERIAL_MESSAGE = 'is 1 to 64 printable ASCII characters without spaces at its ends';

const OF_PIECES = 'Serial numbers of these pieces, one each; only of articles that are tracked by them.';

/**
 * Serial numbers of a line's pieces, one each; left out for articles without any.
 * @param terms `description`: what the document says of them; `least`: how many there are at least
 */
export const LineSerials = ({ description = OF_PIECES, least = 1 } = {}): PropertyDecorator =>
  applyDecorators(
    MayBeAbsent(),
    ApiPropertyOptional({ type: [String], description }),
    IsArray(),
    ArrayMinSize(least),
    ArrayMaxSize(5000),
    ArrayUnique(),
    IsString({ each: true }),
    Matches(SERIAL_NUMBER, { each: true, message: `each of serials ${SERIAL_MESSAGE}` }),
  );

/** A piece, by its number within its article. */
export class NamedSerialBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /** @example "SN-0001" */
  @IsString()
  @Matches(SERIAL_NUMBER, { message: `serial ${SERIAL_MESSAGE}` })
  serial: string;
}

/** Pieces that are named for what is done; left out for articles without serial numbers. */
export const NamedSerials = (): PropertyDecorator =>
  applyDecorators(
    MayBeAbsent(),
    ApiPropertyOptional({
      type: [NamedSerialBody],
      example: [],
      description: 'Which pieces, of articles that are tracked by serial numbers; default those that came first.',
    }),
    IsArray(),
    ArrayMaxSize(5000),
    ArrayUnique((piece: NamedSerialBody) => `${piece.sku} ${piece.serial}`),
    ValidateNested({ each: true }),
    Type(() => NamedSerialBody),
  );
