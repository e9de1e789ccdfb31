import { Readable } from 'node:stream';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AuditedRead } from '../../../kernel/audit/audited-read';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import { ExportRoomQuery } from '../queries/export-room';
import { ExportRoomParams } from './settings.dto';

const TYPES = { csv: 'text/csv; charset=utf-8', jsonl: 'application/x-ndjson' } as const;

/** What was said, as a file. */
@ApiTags('chat')
@Controller('chat/rooms/:id/export')
export class ChatExportController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Allow('chat:manage')
  @RateLimit('heavy')
  @AuditedRead('ExportRoom')
  @StepUp({ maxAgeSeconds: 900 })
  @Problems('chat.room-not-found')
  @ApiOperation({
    operationId: 'exportChatRoom',
    summary: 'Export a room',
    description:
      'Any room of the organization, oldest first: CSV with a header, or JSON Lines. Cells that a spreadsheet would compute get an apostrophe in front. The export is audited; the file is streamed.',
  })
  @ApiProduces('text/csv', 'application/x-ndjson')
  @ApiResponse({
    status: 200,
    description: 'The file.',
    content: { 'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  async export(
    @IdParam() id: string,
    @Query() { format = 'csv' }: ExportRoomParams,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const pieces = await this.queries.execute(new ExportRoomQuery(id, format));
    await reply
      .header('content-type', TYPES[format])
      .header('content-disposition', `attachment; filename="room.${format}"`)
      .send(Readable.from(pieces, { objectMode: false }));
  }
}
