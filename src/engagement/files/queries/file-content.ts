import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Readable } from 'node:stream';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Database } from '../../../kernel/database/database';
import { logger } from '../../../kernel/telemetry/logger';
import { ObjectMissing } from '../adapters/blob-storage';
import { Storages } from '../adapters/storages';
import { FileBytesQuery, FileLinkQuery } from '../contracts/files';
import type { ByteRange } from '../domain/byte-range';
import { fileNotFound, notClean, renditionNotFound, storageAway } from '../domain/files.errors';
import { linkToken, openLink } from './link-token';
import type { FileState, RenditionName, RenditionType, StoreName } from '../domain/stored-file';
import { reachOf, reachParams, withinReach, type Reach } from '../data/reach';

/** Bytes that may be sent, and how to name them. */
export interface FileContent {
  /** Strong: stored objects never change. */
  etag: string;
  name: string;
  mediaType: string;
  sizeBytes: number;
  /** Seconds for which it may be shown again without asking; 0: ask each time. */
  maxAgeSeconds: number;
  /** @throws AppError unavailable `files.storage-unavailable` */
  open(range: ByteRange | null): Promise<Readable>;
}

interface Wanted {
  rendition: RenditionName | null;
  format: RenditionType;
}

/**
 * The bytes of a file, or of one of its sizes.
 * @throws AppError not-found `files.file-not-found`, `files.rendition-not-found`; conflict `files.not-clean`
 */
export class FileContentQuery extends Query<FileContent> {
  constructor(
    readonly fileId: string,
    readonly wanted: Wanted,
  ) {
    super();
  }
}

/** What a signed link opens. @throws AppError as FileContentQuery; not-found `files.link-not-found`, gone `files.link-expired` */
export class LinkedContentQuery extends Query<FileContent> {
  constructor(readonly token: string) {
    super();
  }
}

/** A signed link that the caller hands out for a file that it sees itself. @throws AppError as FileLinkQuery */
export class OwnFileLinkQuery extends Query<{ url: string; expiresAt: string }> {
  constructor(readonly request: FileLinkQuery['request']) {
    super();
  }
}

const CONTENT = `select f.name, b.state, coalesce(b.signature, b.reason) as reason, ($3::text is null or r.id is not null) as found,
    coalesce(r.media_type, b.media_type) as media_type, coalesce(r.size_bytes, b.size_bytes)::float8 as size_bytes,
    o.id as object_id, o.store, o.key
  from files.files f join files.blobs b on b.tenant_id = f.tenant_id and b.id = f.blob_id
  left join files.renditions r on r.tenant_id = b.tenant_id and r.blob_id = b.id and r.name = $3 and r.media_type = $4
  join files.objects o on o.tenant_id = b.tenant_id and o.id = coalesce(r.object_id, b.object_id)
  where f.tenant_id = $1 and f.id = $2 and ${withinReach(5)}`;

interface Row {
  name: string;
  state: FileState;
  reason: string | null;
  found: boolean;
  media_type: string;
  size_bytes: number;
  object_id: string;
  store: StoreName;
  key: string;
}

const DEFAULT_LINK_SECONDS = 300;

@QueryHandler(FileContentQuery)
export class FileContentHandler implements IQueryHandler<FileContentQuery> {
  constructor(
    private readonly database: Database,
    private readonly storages: Storages,
  ) {}

  execute({ fileId, wanted }: FileContentQuery): Promise<FileContent> {
    const { tenantId, principal } = currentContext();
    return this.find(tenantId!, fileId, wanted, reachOf(principal, 'files:read'));
  }

  /** @param reach whose files; null: any of the tenant */
  async find(tenantId: string, fileId: string, { rendition, format }: Wanted, reach: Reach): Promise<FileContent> {
    const params = [tenantId, fileId, rendition, format, ...reachParams(reach)];
    const [row] = await this.database.readAs<Row>(tenantId, CONTENT, params);
    if (!row) throw fileNotFound();
    if (row.state !== 'clean') throw notClean(row.state, row.reason);
    if (!row.found) throw renditionNotFound();
    const { store, key } = row;
    return {
      etag: `"${row.object_id}"`,
      name: rendition ? renditionName(row.name, rendition, format) : row.name,
      mediaType: row.media_type,
      sizeBytes: row.size_bytes,
      maxAgeSeconds: 0,
      open: async (range) => {
        try {
          return await this.storages.of(store).get(key, range ?? undefined);
        } catch (error) {
          if (error instanceof ObjectMissing) logger.error({ err: error, fileId }, 'the bytes of a file are not there');
          throw storageAway(error);
        }
      },
    };
  }
}

@QueryHandler(FileBytesQuery)
export class FileBytesHandler implements IQueryHandler<FileBytesQuery> {
  constructor(private readonly content: FileContentHandler) {}

  async execute({ request: { fileId, mostBytes, rendition, format = 'webp' } }: FileBytesQuery) {
    const wanted: Wanted = { rendition: rendition ?? null, format: `image/${format}` };
    const { name, mediaType, sizeBytes, open } = await this.content.find(
      currentContext().tenantId!,
      fileId,
      wanted,
      null,
    );
    if (sizeBytes > mostBytes) return null;
    return { name, mediaType, bytes: Buffer.concat((await (await open(null)).toArray()) as Buffer[]) };
  }
}

@QueryHandler(LinkedContentQuery)
export class LinkedContentHandler implements IQueryHandler<LinkedContentQuery> {
  constructor(
    private readonly keyring: Keyring,
    private readonly content: FileContentHandler,
  ) {}

  async execute({ token }: LinkedContentQuery): Promise<FileContent> {
    const nowMs = clock.nowMs();
    const link = openLink(this.keyring, token, nowMs);
    const found = await this.content.find(link.tenantId, link.fileId, link, null);
    return { ...found, maxAgeSeconds: Math.floor(link.expires - nowMs / 1_000) };
  }
}

@QueryHandler(FileLinkQuery)
export class FileLinkHandler implements IQueryHandler<FileLinkQuery> {
  constructor(
    private readonly config: Config,
    private readonly keyring: Keyring,
    private readonly content: FileContentHandler,
  ) {}

  execute({ request }: FileLinkQuery): Promise<{ url: string; expiresAt: string }> {
    return this.link(request, null);
  }

  async link(request: FileLinkQuery['request'], reach: Reach): Promise<{ url: string; expiresAt: string }> {
    const { fileId, rendition = null, format = 'webp', seconds = DEFAULT_LINK_SECONDS } = request;
    const tenantId = currentContext().tenantId!;
    const wanted: Wanted = { rendition, format: `image/${format}` };
    await this.content.find(tenantId, fileId, wanted, reach);
    const expires = Math.floor(clock.nowMs() / 1_000) + seconds;
    const token = linkToken(this.keyring, { tenantId, fileId, ...wanted, expires });
    return {
      url: `${this.config.publicUrl}/api/v1/file-links/${token}`,
      expiresAt: new Date(expires * 1_000).toISOString(),
    };
  }
}

@QueryHandler(OwnFileLinkQuery)
export class OwnFileLinkHandler implements IQueryHandler<OwnFileLinkQuery> {
  constructor(private readonly links: FileLinkHandler) {}

  execute({ request }: OwnFileLinkQuery): Promise<{ url: string; expiresAt: string }> {
    return this.links.link(request, reachOf(currentContext().principal, 'files:read'));
  }
}

/** `holiday.png` in small as JPEG is `holiday-small.jpg`. */
const renditionName = (name: string, rendition: RenditionName, format: RenditionType): string =>
  `${name.replace(/\.[^.]*$/, '')}-${rendition}.${format === 'image/jpeg' ? 'jpg' : 'webp'}`;
