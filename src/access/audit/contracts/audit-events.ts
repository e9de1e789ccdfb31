import { DomainEvent } from '../../../kernel/messaging/domain-event';

/**
 * A batch of entries got its place in the chain of an organization's trail. Aggregate: the batch. Whoever keeps the heads
 * elsewhere can compare them with the trail later: `head` and `root` are hexadecimal SHA-256, `kid` names the key that
 * signed them.
 */
export class AuditSealed extends DomainEvent<{
  /** Of the batch, without gaps. */
  number: number;
  firstSeq: number;
  lastSeq: number;
  root: string;
  head: string;
  kid: string;
}> {
  static override readonly type = 'audit.audit-sealed.v1';
}
