import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** What every event says of the file that it is about. */
interface AboutFile {
  fileId: string;
  name: string;
  mediaType: string;
  sizeBytes: number;
  /** Null where Mainstay itself stored it. */
  uploadedBy: string | null;
}

/** A file was inspected and can be had. Aggregate: the file. */
export class FileReady extends DomainEvent<
  AboutFile & {
    /** A virus scanner looked at it; false where the installation has none. */
    scanned: boolean;
    width: number | null;
    height: number | null;
  }
> {
  static override readonly type = 'files.file-ready.v1';
}

/** A virus was found in a file; its bytes are set apart, and nobody can have them. Aggregate: the file. */
export class FileInfected extends DomainEvent<
  AboutFile & {
    /** Name that the scanner has for it. */
    signature: string;
  }
> {
  static override readonly type = 'files.file-infected.v1';
}

/** Nobody can say what is in a file, so that it stays shut. Aggregate: the file. */
export class FileUnscannable extends DomainEvent<
  AboutFile & {
    /** Code, such as `archive-encrypted`. */
    reason: string;
  }
> {
  static override readonly type = 'files.file-unscannable.v1';
}
