import { Controller, Delete, Head, HttpCode, Patch, Post, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, CurrentPrincipal } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { Consumes, IdParam, Problems } from '../../../kernel/http/decorators';
import { BeginUploadCommand, ContinueUploadCommand, EndUploadCommand } from '../commands/resumable-uploads';
import { keepForbidden, tusInvalid } from '../domain/files.errors';
import { FindUploadQuery } from '../queries/upload';
import { BegunUploadView } from './files.dto';
import { answerTus, assertTus, bytesField, checksumField, metadataField, metadataOf, TUS_OPTIONS } from './tus';

const PIECE = 'application/offset+octet-stream';
const VERSION = { name: 'Tus-Resumable', required: true, example: '1.0.0', schema: { type: 'string' } } as const;
const ANSWERED = {
  'Upload-Offset': { schema: { type: 'integer' as const }, description: 'Bytes that are safe.' },
  'Upload-Expires': { schema: { type: 'string' as const }, description: 'Until then it can be gone on with.' },
};

/** Uploads that may be broken off and gone on with (tus 1.0: core, creation, expiration, checksum, termination). */
@ApiTags('files')
@Controller('files/uploads')
export class UploadsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('files:write', 'files:write-own')
  @RouteConfig({ optionsFields: TUS_OPTIONS })
  @ApiHeader(VERSION)
  @ApiHeader({
    name: 'Upload-Length',
    required: true,
    example: '17',
    description: 'Bytes of the whole file.',
    schema: { type: 'string' },
  })
  @ApiHeader({
    name: 'Upload-Metadata',
    required: true,
    example: 'filename bm90ZS50eHQ=,filetype dGV4dC9wbGFpbg==',
    description:
      '`filename`, and perhaps `filetype` and `keep` (`true`, asks for `files:write`), with values in base64.',
    schema: { type: 'string' },
  })
  @Problems(
    { 'files.tus-invalid': 400, 'files.name-invalid': 400, 'files.no-file': 400 },
    { 'plan.limit-reached': 403, 'files.keep-forbidden': 403 },
    { 'files.tus-version': 412, 'files.too-large': 413 },
  )
  @ApiOperation({
    operationId: 'beginUpload',
    summary: 'Begin a resumable upload',
    description:
      'tus 1.0: any client of it works with `/api/v1/files/uploads` as its endpoint. The file will have the id of the upload, the last part of `Location`. Its length counts against the plan from here on.',
  })
  @ApiCreatedResponse({ description: 'Go on at `Location`.', headers: ANSWERED, type: BegunUploadView })
  async begin(
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BegunUploadView> {
    assertTus(request, answerTus(reply));
    if (request.headers['upload-defer-length'] !== undefined)
      throw tusInvalid('upload-defer-length', 'The length must be known from the beginning.');
    const metadata = metadataField(request);
    const keep = metadata.get('keep') === 'true';
    if (keep && !hasPermission(principal, 'files:write')) throw keepForbidden();
    const length = bytesField(request, 'upload-length');
    const declared = metadata.get('filetype')?.slice(0, 200) || null;
    const name = metadata.get('filename') ?? metadata.get('name') ?? '';
    const upload = await this.commands.execute(new BeginUploadCommand({ length, name, declared, keep }));
    void reply.headers({
      location: `/api/v1/files/uploads/${upload.id}`,
      'upload-offset': 0,
      'upload-expires': upload.expiresAt.toUTCString(),
    });
    return { id: upload.id, name: upload.name, length, expiresAt: upload.expiresAt.toISOString() };
  }

  @Head(':id')
  @Allow('files:write', 'files:write-own')
  @ApiHeader(VERSION)
  @Problems('files.upload-not-found', { 'files.upload-expired': 410, 'files.tus-version': 412 })
  @ApiOperation({ operationId: 'getUploadOffset', summary: 'Ask how far an upload came' })
  @ApiOkResponse({
    description: 'Go on from `Upload-Offset`; where it is `Upload-Length`, all of it came.',
    headers: ANSWERED,
  })
  async offset(@IdParam() id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    answerTus(reply);
    const upload = await this.queries.execute(new FindUploadQuery(id));
    assertTus(request, reply);
    await reply
      .headers({
        'upload-offset': upload.offset,
        'upload-length': upload.length,
        'upload-expires': upload.expiresAt.toUTCString(),
        'upload-metadata': metadataOf(upload),
        'cache-control': 'no-store',
      })
      .send();
  }

  @Patch(':id')
  @Allow('files:write', 'files:write-own')
  @Consumes(PIECE)
  @ApiConsumes(PIECE)
  @ApiBody({ schema: { type: 'string', format: 'binary', example: 'remember the milk' } })
  @ApiHeader(VERSION)
  @ApiHeader({
    name: 'Upload-Offset',
    required: true,
    example: '0',
    description: 'Where these bytes begin.',
    schema: { type: 'string' },
  })
  @ApiHeader({
    name: 'Upload-Checksum',
    required: false,
    description: '`sha1` or `sha256` and the digest of this body in base64: all of it counts, or nothing.',
    schema: { type: 'string' },
  })
  @Problems(
    'files.upload-not-found',
    { 'files.tus-invalid': 400, 'files.offset-conflict': 409, 'files.upload-expired': 410, 'files.tus-version': 412 },
    { 'files.beyond-length': 413, 'files.too-many-pieces': 413, 'files.too-many-pixels': 413 },
    { 'files.type-not-allowed': 415, 'files.type-mismatch': 415, 'files.heic-not-supported': 415 },
    { 'files.checksum-mismatch': 460, 'files.storage-unavailable': 503 },
  )
  @ApiOperation({
    operationId: 'continueUpload',
    summary: 'Send bytes of an upload',
    description:
      'What arrived is safe although the line breaks. With the last byte the file is there (`GET /files/{id}` of the same id), or it is refused and the upload is gone.',
  })
  @ApiNoContentResponse({ description: 'Taken.', headers: ANSWERED })
  async continue(@IdParam() id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    answerTus(reply);
    // Who may not know of it learns nothing of the protocol either.
    await this.queries.execute(new FindUploadQuery(id));
    assertTus(request, reply);
    const length = request.headers['content-length'];
    const upload = await this.commands.execute(
      new ContinueUploadCommand({
        uploadId: id,
        offset: bytesField(request, 'upload-offset'),
        announced: length === undefined ? null : Number(length),
        checksum: checksumField(request),
        content: (request.body as AsyncIterable<Buffer> | undefined) ?? nothing(),
      }),
    );
    await reply
      .code(204)
      .headers({ 'upload-offset': upload.offset, 'upload-expires': upload.expiresAt.toUTCString() })
      .send();
  }

  @Delete(':id')
  @Allow('files:write', 'files:write-own')
  @HttpCode(204)
  @ApiHeader(VERSION)
  @Problems('files.upload-not-found', { 'files.tus-version': 412 })
  @ApiOperation({
    operationId: 'endUpload',
    summary: 'Give an upload up',
    description: 'A file that it became already stays.',
  })
  @ApiNoContentResponse()
  async end(@IdParam() id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    answerTus(reply);
    if (request.headers['tus-resumable'] !== undefined) assertTus(request, reply);
    await this.commands.execute(new EndUploadCommand(id));
    await reply.code(204).send();
  }
}

async function* nothing(): AsyncGenerator<never> {
  // A request without a body.
}
