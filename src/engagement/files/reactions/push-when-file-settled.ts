import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { Realtime } from '../../../kernel/realtime/realtime';
import { FileInfected, FileReady, FileUnscannable } from '../contracts/file-events';

/** Tells who uploaded a file that it can be had. */
@Reaction({ name: 'files.push-when-file-ready', on: FileReady })
export class PushWhenFileReady implements Reacts<FileReady> {
  constructor(private readonly realtime: Realtime) {}

  async react({ tenantId, payload }: StoredEvent<FileReady>, tx: Transaction): Promise<void> {
    const { uploadedBy, fileId } = payload;
    if (uploadedBy === null) return;
    tx.afterCommit(() => this.realtime.toUser(tenantId, uploadedBy, 'files.settled', { fileId, state: 'clean' }));
  }
}

/** Tells who uploaded a file, and the staff, that a virus was in it. */
@Reaction({ name: 'files.push-when-file-infected', on: FileInfected })
export class PushWhenFileInfected implements Reacts<FileInfected> {
  constructor(private readonly realtime: Realtime) {}

  async react({ tenantId, payload }: StoredEvent<FileInfected>, tx: Transaction): Promise<void> {
    const { fileId, name, uploadedBy, signature } = payload;
    tx.afterCommit(() => {
      this.realtime.toStaff(tenantId, 'files.infected', { fileId, name, uploadedBy, signature });
      if (uploadedBy !== null)
        this.realtime.toUser(tenantId, uploadedBy, 'files.settled', { fileId, state: 'infected' });
    });
  }
}

/** Tells who uploaded a file that it stays shut. */
@Reaction({ name: 'files.push-when-file-unscannable', on: FileUnscannable })
export class PushWhenFileUnscannable implements Reacts<FileUnscannable> {
  constructor(private readonly realtime: Realtime) {}

  async react({ tenantId, payload }: StoredEvent<FileUnscannable>, tx: Transaction): Promise<void> {
    const { uploadedBy, fileId, reason } = payload;
    if (uploadedBy === null) return;
    const told = { fileId, state: 'unscannable', reason };
    tx.afterCommit(() => this.realtime.toUser(tenantId, uploadedBy, 'files.settled', told));
  }
}
