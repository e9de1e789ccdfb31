import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { Config } from '../../../kernel/config/config';
import { Consumes, IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { DeleteFileCommand } from '../commands/delete-file';
import { StoreFileCommand } from '../commands/store-file';
import { keepForbidden } from '../domain/files.errors';
import { FileContentQuery, LinkedContentQuery, OwnFileLinkQuery } from '../queries/file-content';
import { FindFileQuery, ListFilesQuery } from '../queries/files';
import {
  FileContentParams,
  FileLinkBody,
  FileLinkView,
  FileView,
  ListFilesParams,
  UploadFileParams,
} from './files.dto';
import { formFiles } from './form-files';
import { sendContent } from './send-content';

const FORM = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary', description: 'The one file of the form.' } },
  example: { file: 'item,quantity\nA-1,2' },
};
const BYTES = {
  schema: { type: 'string', format: 'binary' },
  description: 'The bytes, or with `Range` a part of them (206).',
};

/** Files of an organization. */
@ApiTags('files')
@Controller('files')
export class FilesController {
  constructor(
    private readonly config: Config,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('files:write', 'files:write-own')
  @Consumes('multipart/form-data')
  @Problems(
    { 'files.no-file': 400, 'files.name-invalid': 400, 'files.broken-form': 400 },
    { 'plan.limit-reached': 403, 'files.keep-forbidden': 403 },
    { 'files.too-large': 413, 'files.too-many-pixels': 413 },
    { 'files.type-not-allowed': 415, 'files.type-mismatch': 415, 'files.heic-not-supported': 415 },
    { 'files.storage-unavailable': 503 },
  )
  @ApiOperation({
    operationId: 'uploadFile',
    summary: 'Upload a file',
    description:
      'Stored as it arrives; its type is told by its bytes, and its name or declared type must not say otherwise. It is `pending` until a worker inspected it. What nothing uses goes after some days (`expiresAt`), unless it is uploaded with `keep=true`. For large files and bad lines there are resumable uploads.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: FORM as object })
  @ApiCreatedResponse({ type: FileView })
  async upload(
    @Query() { keep = false }: UploadFileParams,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FileView> {
    if (keep && !hasPermission(principal, 'files:write')) throw keepForbidden();
    const files = formFiles(request, this.config.fileLimitBytes);
    const stored = await this.commands.execute(new StoreFileCommand({ files, keep }));
    void reply.header('location', `/api/v1/files/${stored.id}`);
    return stored;
  }

  @Get()
  @Allow('files:read', 'files:read-own')
  @ApiOperation({
    operationId: 'listFiles',
    summary: 'List files',
    description:
      'Those that the caller uploaded; with `files:read` all others too but those that were brought into chat rooms. Sorts: createdAt.',
  })
  @ApiOkResponse({ type: pageOf(FileView) })
  list(@Query() query: ListFilesParams): Promise<Page<FileView>> {
    return this.queries.execute(new ListFilesQuery(query));
  }

  @Get(':id')
  @Allow('files:read', 'files:read-own')
  @Problems('files.file-not-found')
  @ApiOperation({ operationId: 'getFile', summary: 'Read what is known of a file' })
  @ApiOkResponse({ type: FileView })
  get(@IdParam() id: string): Promise<FileView> {
    return this.queries.execute(new FindFileQuery(id));
  }

  @Get(':id/content')
  @Allow('files:read', 'files:read-own')
  @Problems('files.file-not-found', 'files.rendition-not-found', {
    'files.not-clean': 409,
    'files.range-unsatisfiable': 416,
    'files.storage-unavailable': 503,
  })
  @ApiOperation({
    operationId: 'getFileContent',
    summary: 'Get the bytes of a file',
    description:
      'Only of clean files. Takes `Range` and `If-Range`, `If-None-Match`. Pictures come without the data of their camera (place, device), upright, and in sizes.',
  })
  @ApiProduces('application/octet-stream')
  @ApiOkResponse(BYTES as object)
  async content(
    @IdParam() id: string,
    @Query() { rendition = undefined, format = 'webp', download = false }: FileContentParams,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wanted = { rendition: rendition ?? null, format: `image/${format}` } as const;
    await sendContent(request, reply, await this.queries.execute(new FileContentQuery(id, wanted)), download);
  }

  @Post(':id/links')
  @Allow('files:read', 'files:read-own')
  @Problems('files.file-not-found', 'files.rendition-not-found', { 'files.not-clean': 409 })
  @ApiOperation({
    operationId: 'createFileLink',
    summary: 'Make a link that works without a login',
    description:
      'Short-lived and signed; for an `img` of a page, or a person without an account. It cannot be taken back, but ends with the file.',
  })
  @ApiCreatedResponse({ type: FileLinkView })
  link(@IdParam() id: string, @Body() body: FileLinkBody): Promise<FileLinkView> {
    return this.queries.execute(new OwnFileLinkQuery({ fileId: id, ...body }));
  }

  @Delete(':id')
  @Allow('files:write', 'files:write-own')
  @HttpCode(204)
  @Problems('files.file-not-found', { 'files.in-use': 409 })
  @ApiOperation({ operationId: 'deleteFile', summary: 'Delete a file' })
  @ApiNoContentResponse()
  delete(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteFileCommand(id));
  }
}

/** What signed links open. */
@ApiTags('files')
@Controller('file-links')
export class FileLinksController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':token')
  @Public({ tenant: 'none' })
  @Problems('files.link-not-found', 'files.file-not-found', 'files.rendition-not-found', {
    'files.not-clean': 409,
    'files.link-expired': 410,
    'files.range-unsatisfiable': 416,
    'files.storage-unavailable': 503,
  })
  @ApiOperation({
    operationId: 'openFileLink',
    summary: 'Get the bytes that a link leads to',
    description: 'Takes `Range` and `If-Range`, `If-None-Match`.',
  })
  @ApiProduces('application/octet-stream')
  @ApiOkResponse(BYTES as object)
  async open(@Param('token') token: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendContent(request, reply, await this.queries.execute(new LinkedContentQuery(token)), false);
  }
}
