import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Breather } from '../../../kernel/lifecycle/breather';
import { FindFilesQuery, PictureLinksQuery, type FileFacts, type PictureLinks } from '../contracts/files';
import { isInline } from '../domain/media-types';
import type { RenditionName } from '../domain/stored-file';
import { linkToken } from './link-token';

const HOUR_SECONDS = 3_600;
const AT_ONCE = 500;

@QueryHandler(PictureLinksQuery)
export class PictureLinksHandler implements IQueryHandler<PictureLinksQuery> {
  constructor(
    private readonly config: Config,
    private readonly keyring: Keyring,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request: { ids } }: PictureLinksQuery): Promise<PictureLinks[]> {
    const distinct = [...new Set(ids)];
    const found: PictureLinks[] = [];
    // A page of products with full galleries is thousands of signatures: others have their turn between them.
    const breather = new Breather();
    for (let first = 0; first < distinct.length; first += AT_ONCE) {
      const files = await this.queries.execute(new FindFilesQuery({ ids: distinct.slice(first, first + AT_ONCE) }));
      for (const file of files) {
        const links = this.linksOf(file);
        if (links) found.push(links);
        await breather.pause();
      }
    }
    return found;
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
    // What browsers only download is shown by its largest size.
    const url = isInline(mediaType) ? this.url(fileId, null) : (sizes.at(-1)?.url ?? null);
    return { fileId, state, url, width, height, sizes };
  }

  /** Ends with the hour after this one: within an hour the same picture has the same address. */
  private url(fileId: string, rendition: RenditionName | null): string {
    const expires = (Math.floor(clock.nowMs() / 1_000 / HOUR_SECONDS) + 2) * HOUR_SECONDS;
    const tenantId = currentContext().tenantId!;
    const token = linkToken(this.keyring, { tenantId, fileId, rendition, format: 'image/webp', expires });
    return `${this.config.publicUrl}/api/v1/file-links/${token}`;
  }
}
