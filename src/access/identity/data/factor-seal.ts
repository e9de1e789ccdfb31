import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Envelope } from '../../../kernel/crypto/envelope';
import type { SealPlace } from '../../../kernel/crypto/sealed';

const placeOf = (factorId: string): SealPlace => ({
  tenantId: PLATFORM_TENANT,
  table: 'identity.factors',
  column: 'secret_enc',
  rowId: factorId,
});

/** Seals seeds and numbers for the row of their factor. Both ways may ask the database for a key: never in a transaction. */
@Injectable()
export class FactorSeal {
  constructor(private readonly envelope: Envelope) {}

  seal(factorId: string, secret: string): Promise<string> {
    return this.envelope.seal(placeOf(factorId), secret);
  }

  open(factorId: string, sealed: string): Promise<string> {
    return this.envelope.open(placeOf(factorId), sealed);
  }
}
