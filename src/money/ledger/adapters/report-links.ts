import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { Keyring } from '../../../kernel/crypto/keyring';
import { isUuid } from '../../../kernel/ids/ids';
import { linkInvalid } from '../domain/ledger.errors';

/** A file can be fetched for a month; whoever unsubscribes may do so for ever. */
const FILE_DAYS = 30;
const PURPOSE = 'ledger report link';

export interface ReportLink {
  kind: 'file' | 'unsubscribe';
  tenantId: string;
  /** Of the run, of the recipient. */
  id: string;
}

/** Signed links of mails: they say what they are for and cannot be made by anybody else. */
@Injectable()
export class ReportLinks {
  constructor(private readonly keyring: Keyring) {}

  sign({ kind, tenantId, id }: ReportLink): string {
    const until = kind === 'file' ? Math.floor(clock.nowMs() / 1_000) + FILE_DAYS * 86_400 : 0;
    const text = [kind, tenantId, id, until].join('.');
    return `${Buffer.from(text).toString('base64url')}.${this.keyring.hmac(PURPOSE, text).toString('base64url')}`;
  }

  /** @throws AppError not-found `ledger.report-link-not-found` for any other text, and for one whose time is over */
  read(kind: ReportLink['kind'], token: string): ReportLink {
    const [body = '', mac = ''] = token.slice(0, 400).split('.');
    const text = Buffer.from(body, 'base64url').toString();
    const [said, tenantId, id, until] = text.split('.');
    if (!this.keyring.verifyHmac(PURPOSE, text, Buffer.from(mac, 'base64url'))) throw linkInvalid();
    if (said !== kind || !isUuid(tenantId) || !isUuid(id)) throw linkInvalid();
    if (until !== '0' && Number(until) * 1_000 < clock.nowMs()) throw linkInvalid();
    return { kind, tenantId, id };
  }
}
