import type { Transaction } from '../../../kernel/database/transaction';
import { Clock } from '../../../kernel/clock/clock';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { DocumentExpiring } from '../contracts/fleet-events';
import { DocumentRepository } from '../data/document.repository';
import { momentsOf } from '../domain/document';

export interface DueMoment {
  documentId: string;
  revision: number;
  expired: boolean;
}

/** Says once that a paper expires, and once that it has; what was planned before it was changed is void. */
@Timer({ name: 'fleet.document-due' })
export class DocumentDue implements Fires<DueMoment> {
  constructor(
    private readonly documents: DocumentRepository,
    private readonly clock: Clock,
  ) {}

  async fire({ documentId, revision, expired }: DueMoment, tx: Transaction): Promise<void> {
    const document = await this.documents.lock(documentId);
    const moments = document && momentsOf(document);
    if (!moments || document.revision !== revision || !document.expiresOn) return;
    if (expired ? document.expiredAt : document.warnedAt) return;
    const now = this.clock.now();
    await this.documents.update({ ...document, [expired ? 'expiredAt' : 'warnedAt']: now });
    // What was entered when it had expired already is told as that alone.
    if (!expired && moments.expire <= now) return;
    const { type: documentType, vehicleId, driverId, expiresOn } = document;
    tx.record(
      new DocumentExpiring(documentId, { documentId, documentType, vehicleId, driverId, expiresOn, expired, revision }),
    );
  }
}
