import type { DomainEvent } from '../../../kernel/messaging/domain-event';
import { FileInfected, FileReady, FileUnscannable } from '../contracts/file-events';
import type { Blob, NamedFile } from '../data/file.repository';

type Settled = Pick<
  Blob,
  'state' | 'scanned' | 'reason' | 'signature' | 'mediaType' | 'sizeBytes' | 'width' | 'height'
>;

/** What is told of a file whose bytes were judged. */
export function eventOf(blob: Settled, file: NamedFile): DomainEvent {
  const { mediaType, sizeBytes, scanned, width, height } = blob;
  const about = { fileId: file.id, name: file.name, mediaType, sizeBytes, uploadedBy: file.uploadedBy };
  if (blob.state === 'clean') return new FileReady(file.id, { ...about, scanned, width, height });
  if (blob.state === 'infected') return new FileInfected(file.id, { ...about, signature: blob.signature ?? 'unknown' });
  return new FileUnscannable(file.id, { ...about, reason: blob.reason ?? 'unknown' });
}
