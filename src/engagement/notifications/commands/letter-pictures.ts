import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Cache } from '../../../kernel/cache/cache';
import { currentContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { logger } from '../../../kernel/telemetry/logger';
import { areBytesMissing, FileBytesQuery, FindFilesQuery } from '../../files/contracts/files';
import { pictureNotClean, pictureNotFound, templateInvalid } from '../domain/template.errors';
import { filesOf } from '../templates/picture-faults';
import { fittingSizes, isPicture, MOST_PICTURE_BYTES, type PictureSize } from '../templates/picture-sizes';
import type { Letter, LetterPicture } from '../templates/renderer';

/** Files that a template may show. */
const MOST_PICTURES = 20;
/** A picture of a letter that is a file: as the template names it, and as a mail that carries it does. Within texts no tag begins. */
const PICTURE = /<img\b[^<>]*?\ssrc="(?:file:|cid:)([0-9a-f-]{36})(?:@mainstay)?"[^<>]*>/g;
const SRC = /\ssrc="[^"]*"/;
/** Bytes of pictures that are kept: those of a campaign go out thousands of times. */
const KEPT_BYTES = 16 * 1_048_576;
const KEPT_MS = 300_000;

/** Pictures of letters that are files of the organization: they travel within the mail, so that no address expires or counts readers. */
@Injectable()
export class LetterPictures {
  private readonly kept = new Cache<LetterPicture>(
    { name: 'notifications.pictures', max: KEPT_BYTES, ttlMs: KEPT_MS },
    ({ bytes }) => bytes.length + 1,
  );

  constructor(private readonly queries: QueryBus) {}

  /**
   * Judges the files that a template shows. Whoever acts must see them.
   * @returns their ids
   * @throws AppError not-found `notifications.picture-not-found`, conflict `notifications.picture-not-clean`, invalid
   *   `notifications.template-invalid` for what is no picture, and for more than goes into a mail
   */
  async judge(body: string): Promise<string[]> {
    const named = filesOf(body);
    if (named.length === 0) return [];
    const fault = (detail: string, at = named[0]): AppError =>
      templateInvalid([{ pointer: '/body', code: 'picture-file', detail, line: at.line, column: at.column }]);
    if (named.length > MOST_PICTURES) throw fault(`at most ${MOST_PICTURES} pictures`, named[MOST_PICTURES]);
    const ids = named.map(({ fileId }) => fileId);
    const files = await this.queries.execute(new FindFilesQuery({ ids, seenByCaller: true }));
    const byId = new Map(files.map((file) => [file.id, file]));
    const missing = named.filter(({ fileId }) => !byId.has(fileId));
    if (missing.length > 0)
      throw pictureNotFound(missing.map(({ line, column }) => ({ pointer: '/body', line, column })));
    const shut = files.find(({ state }) => state !== 'clean');
    if (shut) throw pictureNotClean(shut.id, shut.state);
    const other = named.find(({ fileId }) => !isPicture(byId.get(fileId)!));
    if (other) throw fault(`the file is no picture that mails show: ${byId.get(other.fileId)!.mediaType}`, other);
    if (fittingSizes(files).size < files.length)
      throw fault(`all pictures of a mail together have at most ${MOST_PICTURE_BYTES} bytes`);
    return ids;
  }

  /**
   * A letter that carries its pictures. What is gone or shut by now is told by its words.
   * @param anyhow also what the storage cannot give now: the letter matters more than its pictures
   * @throws AppError unavailable `files.storage-unavailable`
   */
  async carried(letter: Letter, anyhow: boolean): Promise<Letter> {
    const pictures = await this.of(letter.html, anyhow);
    if (!pictures) return letter;
    const html = withSources(letter.html, (id) => (pictures.has(id) ? `cid:${pictures.get(id)!.contentId}` : null));
    return { ...letter, html, pictures: [...pictures.values()] };
  }

  /** A letter, or one that was sent, for a page: its pictures are in it. @throws AppError as `carried` */
  async shown(html: string): Promise<string> {
    const pictures = await this.of(html);
    if (!pictures) return html;
    return withSources(html, (id) => {
      const picture = pictures.get(id);
      return picture ? `data:${picture.mediaType};base64,${picture.bytes.toString('base64')}` : null;
    });
  }

  /** What there is of the files that a letter shows; null: it shows none. */
  private async of(html: string, anyhow = false): Promise<Map<string, LetterPicture> | null> {
    const ids = [...new Set([...html.matchAll(PICTURE)].map(([, id]) => id))];
    if (ids.length === 0) return null;
    const files = await this.queries.execute(new FindFilesQuery({ ids }));
    const sizes = fittingSizes(files.filter(isPicture));
    const pictures = new Map<string, LetterPicture>();
    try {
      for (const id of ids) {
        const size = sizes.get(id);
        const picture = size ? await this.picture(id, size) : null;
        if (picture) pictures.set(id, picture);
      }
    } catch (error) {
      if (!anyhow) throw error;
      // The others are not asked for: each would wait as long for a storage that is away.
      logger.warn({ err: error }, 'a letter goes without pictures that cannot be had now');
    }
    return pictures;
  }

  private async picture(fileId: string, { rendition }: PictureSize): Promise<LetterPicture | null> {
    const key = `${currentContext().tenantId}:${fileId}:${rendition ?? ''}`;
    const load = async (): Promise<LetterPicture> => {
      const found = await this.queries.execute(
        new FileBytesQuery({
          fileId,
          mostBytes: MOST_PICTURE_BYTES,
          ...(rendition ? { rendition, format: 'jpeg' as const } : {}),
        }),
      );
      return { contentId: `${fileId}@mainstay`, ...found! };
    };
    try {
      return await this.kept.getOrLoad(key, load);
    } catch (error) {
      // It went, or was found infected, at this very moment; or its bytes are lost, and no later try has them.
      if (areBytesMissing(error) || (error instanceof AppError && error.kind !== 'unavailable')) return null;
      throw error;
    }
  }
}

/** The letter with other addresses for its files; where there is none, with the words of the picture. */
const withSources = (html: string, sourceOf: (fileId: string) => string | null): string =>
  html.replace(PICTURE, (tag, fileId: string) => {
    const source = sourceOf(fileId);
    if (source !== null) return tag.replace(SRC, () => ` src="${source}"`);
    return `<span>${/\salt="([^"]*)"/.exec(tag)?.[1] ?? ''}</span>`;
  });
