import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import type { SealPlace } from '../../../kernel/crypto/sealed';
import type { RefreshToken } from '../domain/refresh-token';

const placeOf = (token: RefreshToken): SealPlace => ({
  tenantId: PLATFORM_TENANT,
  table: 'identity.refresh_tokens',
  column: 'replay_enc',
  rowId: token.id,
});

/** Keeps the answer to a used-up refresh token readable for its replay, and for nobody who reads the table. */
@Injectable()
export class AnswerSeal {
  constructor(private readonly keyring: Keyring) {}

  seal(token: RefreshToken, answer: object): string {
    return this.keyring.seal(placeOf(token), JSON.stringify(answer));
  }

  open<Answer extends object>(token: RefreshToken): Answer {
    return JSON.parse(this.keyring.open(placeOf(token), token.replayEnc!).toString()) as Answer;
  }
}
