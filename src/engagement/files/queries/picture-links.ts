import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { FindFilesQuery, PictureLinksQuery, type FileFacts, type PictureLinks } from '../contracts/files';
import type { RenditionName } from '../domain/stored-file';
import { linkToken } from './link-token';

const HOUR_SECONDS = 3_600;

@QueryHandler(PictureLinksQuery)
export class PictureLinksHandler implements IQueryHandler<PictureLinksQuery> {
  constructor(
    private readonly config: Config,
    private readonly keyring: Keyring,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request: { ids } }: PictureLinksQuery): Promise<PictureLinks[]> {
    const files = await this.queries.execute(new FindFilesQuery({ ids: [...new Set(ids)] }));
    return files.flatMap((file) => this.linksOf(file) ?? []);
  }

  private linksOf({ id: fileId, state, mediaType, width, height, renditions }: FileFacts): PictureLinks | null {
    if (!mediaType.startsWith('image/')) return null;
    if (state === 'pending') return { fileId, state, url: null, width: null, height: null, sizes: [] };
    if (state !== 'clean' || width === null) return null;
    // Of a small picture several sizes are the same one.
    const sizes = renditions
      .filter((it) => it.mediaType === 'image/webp')
      .filter((it, i, all) => i === 0 || it.width > all[i - 1].width)
      .map((it) => ({ url: this.url(fileId, it.name), width: it.width, height: it.height }));
    return { fileId, state, url: this.url(fileId, null), width, height, sizes };
  }

  /** Ends with the hour after this one: within an hour the same picture has the same address. */
  private url(fileId: string, rendition: RenditionName | null): string {
    const expires = (Math.floor(clock.nowMs() / 1_000 / HOUR_SECONDS) + 2) * HOUR_SECONDS;
    const tenantId = currentContext().tenantId!;
    const token = linkToken(this.keyring, { tenantId, fileId, rendition, format: 'image/webp', expires });
    return `${this.config.publicUrl}/api/v1/file-links/${token}`;
  }
}
