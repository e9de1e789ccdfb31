import { Injectable } from '@nestjs/common';
import { UnsubscribeLinks } from '../adapters/unsubscribe-links';
import type { MessageRow } from '../data/message.repository';
import { SuppressionRepository } from '../data/suppression.repository';
import { addressHint } from '../domain/addresses';

/** One-click unsubscription (RFC 8058) of mails that one may do without. */
@Injectable()
export class UnsubscribeHeaders {
  constructor(
    private readonly links: UnsubscribeLinks,
    private readonly suppressions: SuppressionRepository,
  ) {}

  /** Headers of a mail, and the link for its foot; null where there is nothing to unsubscribe from. */
  of(
    message: Pick<MessageRow, 'channel' | 'critical' | 'category' | 'userId' | 'data'> & {
      tenantId: string;
      recipient: string;
    },
    publicUrl: string,
  ): { url: string; headers: Record<string, string> } | null {
    const { channel, critical, category, tenantId, userId, recipient, data } = message;
    if (channel !== 'email' || critical) return null;
    // A report's own link takes its reader off that report alone.
    const report = typeof data.unsubscribeToken === 'string' ? data.unsubscribeToken : null;
    const digest = this.suppressions.digest(recipient);
    const url = report
      ? `${publicUrl}/report-mails/unsubscribe/${report}`
      : `${publicUrl}/unsubscribe/${this.links.sign({ tenantId, category, userId, digest, hint: addressHint(recipient) })}`;
    return { url, headers: { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } };
  }
}
