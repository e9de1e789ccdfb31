import { Command, Query } from '@nestjs/cqrs';
import { AppError } from '../../../kernel/errors/app-error';

/** `pending` until it was inspected; only a `clean` file is ever handed out. */
export type AttachedFileState = 'pending' | 'clean' | 'infected' | 'unscannable';

/** A file as other contexts see it. */
export interface FileFacts {
  id: string;
  name: string;
  mediaType: string;
  sizeBytes: number;
  state: AttachedFileState;
  /** Pixels, of pictures that are clean; null otherwise. */
  width: number | null;
  height: number | null;
  /** Sizes that a picture can be had in. */
  renditions: {
    name: 'small' | 'medium' | 'large';
    mediaType: 'image/webp' | 'image/jpeg';
    width: number;
    height: number;
    sizeBytes: number;
  }[];
}

/**
 * Files of the tenant by id, in no order; those that are not there are left out. At most 500 ids.
 * @param request.seenByCaller leaves out what whoever acts may not see: files of others, without `files:read`, and confidential ones
 */
export class FindFilesQuery extends Query<FileFacts[]> {
  constructor(readonly request: { ids: readonly string[]; seenByCaller?: boolean }) {
    super();
  }
}

/**
 * What uses a file: a kind in kebab-case, such as `chat-message`, and the id of the thing. A kind that begins with `former-` is
 * out of use: it keeps a file from being swept away, and lets go of one that somebody deletes.
 */
export interface FileOwner {
  kind: string;
  id: string;
  /**
   * Few may see it: files that their uploader attaches to it are reached by the uploader and through whoever has it, not with
   * `files:read`; also once it uses them no longer. Files that were uploaded to be kept, or are used openly as well, stay open.
   */
  confidential?: boolean;
}

/**
 * Notes that something uses these files, which keeps them: they are neither swept away nor deleted meanwhile. Joins the
 * caller's transaction. Attaching again changes nothing. Whoever acts may attach what it uploaded itself; who may change
 * files of the tenant (`files:write`), and Mainstay itself, may attach any. Files that are pending may be attached.
 * @throws AppError not-found `files.file-not-found` naming `fileIds`, also for those of others
 * @throws AppError conflict `files.not-clean` for infected and unscannable ones
 */
export class AttachFilesCommand extends Command<FileFacts[]> {
  constructor(readonly request: { fileIds: readonly string[]; owner: FileOwner }) {
    super();
  }
}

/**
 * The owner uses these files no longer, or none at all where `fileIds` is absent. A file that nothing uses is deleted some days
 * later, unless it was uploaded to be kept. Joins the caller's transaction.
 */
export class DetachFilesCommand extends Command<void> {
  constructor(readonly request: { owner: FileOwner; fileIds?: readonly string[] }) {
    super();
  }
}

/**
 * What uses files goes by another kind from now on, such as `former-mail-template`, with all its files; nothing is asked of
 * whoever acts. Joins the caller's transaction. Nothing happens where it uses none.
 */
export class RenameFileOwnerCommand extends Command<void> {
  constructor(readonly request: { owner: FileOwner; kind: string }) {
    super();
  }
}

/** Of an error of `FileBytesQuery`: the storage is there and lacks the bytes, so that waiting brings nothing. */
export const areBytesMissing = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'files.storage-unavailable' && error.data.cause === 'ObjectMissing';

/**
 * The bytes of a clean file, or of a size of a picture, for what is sent on to somebody else. The caller has judged who may
 * see it.
 * @param request.rendition a size of a picture, as WebP unless `format` says otherwise; absent: the file as it is
 * @returns null where there are more than `mostBytes`
 * @throws AppError not-found `files.file-not-found`, `files.rendition-not-found`; conflict `files.not-clean`; unavailable
 *   `files.storage-unavailable`, also where the storage lacks the bytes (`areBytesMissing`)
 */
export class FileBytesQuery extends Query<{ name: string; mediaType: string; bytes: Buffer } | null> {
  constructor(
    readonly request: {
      fileId: string;
      mostBytes: number;
      rendition?: 'small' | 'medium' | 'large';
      format?: 'webp' | 'jpeg';
    },
  ) {
    super();
  }
}

/**
 * A short signed link to a clean file, which works without a login until it expires. The caller has judged who may see it.
 * @param request.seconds 10 to 86,400; default 300
 * @throws AppError not-found `files.file-not-found`, `files.rendition-not-found`; conflict `files.not-clean`
 */
export class FileLinkQuery extends Query<{ url: string; expiresAt: string }> {
  constructor(
    readonly request: {
      fileId: string;
      rendition?: 'small' | 'medium' | 'large';
      format?: 'webp' | 'jpeg';
      seconds?: number;
    },
  ) {
    super();
  }
}

/** A picture that may be shown, with links that work without a login. */
export interface PictureLinks {
  fileId: string;
  /** `pending`: not inspected yet, so that there is nothing to show so far. */
  state: 'pending' | 'clean';
  /** The whole picture; null while it is pending. */
  url: string | null;
  /** Pixels; null while it is pending. */
  width: number | null;
  height: number | null;
  /** Smaller ones as WebP, the smallest first. */
  sizes: { url: string; width: number; height: number }[];
}

/**
 * Signed links to pictures, for pages that show many: what is infected, unscannable, gone or no picture is left out. The
 * links of an hour are the same ones, so that browsers keep what they lead to; each works for one to two hours. The caller has
 * judged who may see them. One round trip; at most 5,000 ids.
 */
export class PictureLinksQuery extends Query<PictureLinks[]> {
  constructor(readonly request: { ids: readonly string[] }) {
    super();
  }
}
