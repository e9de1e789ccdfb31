import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import { Controller, HttpCode, Post, Query, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Allow, CurrentPrincipal } from '../../../kernel/auth/decorators';
import type { Principal } from '../../../kernel/auth/principal';
import { AppError, invalid } from '../../../kernel/errors/app-error';
import { Consumes, Problems, RateLimit } from '../../../kernel/http/decorators';
import { ImportTrackCommand } from '../commands/import-track';
import { TrackImportParams, TrackImportView } from './track-imports.dto';

const GPX = 'application/gpx+xml';
const EXAMPLE =
  '<?xml version="1.0"?><gpx version="1.1" creator="Logger" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg><trkpt lat="48.2082" lon="16.3738"><ele>171</ele><time>2026-10-01T12:00:00Z</time></trkpt><trkpt lat="48.2090" lon="16.3751"><time>2026-10-01T12:00:10Z</time></trkpt></trkseg></trk></gpx>';
const FORM = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary', description: 'The track.', example: EXAMPLE } },
};

/** Tracks from files. */
@ApiTags('location')
@Controller('location')
export class TrackImportsController {
  constructor(private readonly commands: CommandBus) {}

  @Post('imports')
  @HttpCode(200)
  @Allow('location:write')
  @Consumes(GPX, 'multipart/form-data')
  @RateLimit('heavy')
  @Problems('location.tracker-not-found', {
    'location.tracker-inactive': 409,
    'location.gpx-invalid': 400,
    'location.no-file': 400,
    'location.busy': 503,
  })
  @ApiOperation({
    operationId: 'importTrack',
    summary: 'Import a track from GPX',
    description:
      'Points of all tracks of the file (GPX 1.0 and 1.1, at most 100,000) with their time, elevation, speed and course, as if the tracker had told them late; waypoints and routes are passed over. Bad points are named by place and line and the rest is kept; imported again they are duplicates.',
  })
  @ApiConsumes(GPX, 'multipart/form-data')
  @ApiBody({ schema: { type: 'string', example: EXAMPLE, 'x-multipart': FORM } as object })
  @ApiOkResponse({ type: TrackImportView })
  async import(
    @Query() { trackerId }: TrackImportParams,
    @Req() request: FastifyRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<TrackImportView> {
    const file = request.isMultipart() ? await readForm(request) : (request.rawBody ?? Buffer.alloc(0));
    return this.commands.execute(new ImportTrackCommand(principal.tenantId!, trackerId, file));
  }
}

async function readForm(request: FastifyRequest): Promise<Buffer> {
  let file: Buffer | undefined;
  for await (const part of request.parts() as AsyncIterable<MultipartFile | MultipartValue<string>>) {
    if (part.type !== 'file' || part.fieldname !== 'file' || file)
      throw invalid('location.no-file', `The form has one file, called file; not "${part.fieldname}".`);
    file = await part.toBuffer();
    if (part.file.truncated)
      throw new AppError('request.too-large', 'too-large', 'The file is larger than what is taken here.', {
        hint: 'Split it by day.',
      });
  }
  if (!file) throw invalid('location.no-file', 'The form has no file.');
  return file;
}
