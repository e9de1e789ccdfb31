import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { Envelope } from '../../../kernel/crypto/envelope';
import type { SealPlace } from '../../../kernel/crypto/sealed';

/** Seals the webhook secrets of the double's accounts. */
@Injectable()
export class AccountSecrets {
  constructor(private readonly envelope: Envelope) {}

  seal(accountId: string, secret: string): Promise<string> {
    return this.envelope.seal(this.place(accountId), secret);
  }

  open(accountId: string, sealed: string): Promise<string> {
    return this.envelope.open(this.place(accountId), sealed);
  }

  private place(rowId: string): SealPlace {
    return { tenantId: currentContext().tenantId!, table: 'sandbox.accounts', column: 'webhook_secret', rowId };
  }
}
