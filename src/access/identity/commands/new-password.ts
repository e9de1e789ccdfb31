import { Injectable } from '@nestjs/common';
import { AuthVersions } from '../../../kernel/auth/versions';
import type { Transaction } from '../../../kernel/database/transaction';
import { conflict } from '../../../kernel/errors/app-error';
import { PasswordChanged } from '../contracts/identity-events';
import { AccountRepository } from '../data/account.repository';
import { FactorRepository } from '../data/factor.repository';
import { passwordRefused } from '../domain/identity.errors';
import { PasswordHasher, type StoredSecret } from '../domain/password-hasher';
import { normalizedPassword } from '../domain/password.policy';
import type { User } from '../domain/user';
import { AccountMail } from './account-mail';
import { PasswordRulesOf } from './password-rules';

/** A password that may be taken, hashed; `before` is the live one that it was judged beside. */
export interface NewSecret {
  secret: StoredSecret;
  before: string | null;
}

/** From a password that somebody chose to the live one of an account. */
@Injectable()
export class NewPassword {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly factors: FactorRepository,
    private readonly rules: PasswordRulesOf,
    private readonly hasher: PasswordHasher,
    private readonly versions: AuthVersions,
    private readonly mail: AccountMail,
  ) {}

  /**
   * Judges a password by the strictest rules of the user's organizations, its history included, and hashes it. Outside
   * of any transaction: it may compute as many hashes as the history is long.
   * @throws AppError invalid `identity.password-refused`
   */
  async prepare(
    account: { id: string; email: string; name: string },
    password: string,
    pointer = '/password',
  ): Promise<NewSecret> {
    const { rules, words } = await this.rules.ofUser(account.id);
    const hasFactor = await this.hasFactor(account.id);
    this.rules.assert(password, { rules, hasFactor, words: [...words, account.email, account.name] }, pointer);
    const former = await this.accounts.formerSecrets(account.id, rules.history);
    for (const stored of former.slice(0, rules.history)) {
      const { ok } = await this.hasher.verify(password, stored);
      if (ok) throw passwordRefused({ reason: 'reused', detail: 'This password was used before.' }, pointer);
    }
    const live = former.find((one) => one.live);
    return { secret: await this.hasher.hash(password), before: live?.secret ?? null };
  }

  /** Makes it the live password of a locked user. @throws AppError conflict when another one was set meanwhile */
  async set(tx: Transaction, user: User, { secret, before }: NewSecret): Promise<void> {
    const [live] = await tx.query<{ secret: string }>(
      `select secret from identity.credentials where user_id = $1 and kind = 'password' and revoked_at is null for update`,
      [user.id],
    );
    if ((live?.secret ?? null) !== before)
      throw conflict('identity.password-changed-meanwhile', 'The password was changed by somebody else meanwhile.');
    await this.accounts.setPassword(tx, user.id, secret);
    await this.accounts.voidLinks(tx, user.id, ['reset-password']);
    // Sign-ins to the operators' pages are no sessions; they end with the version of the user.
    await this.versions.bump(tx, user.id);
    tx.record(new PasswordChanged(user.id, { userId: user.id }));
    if (user.isVerified) await this.mail.tell(user.email, user, 'password-changed');
  }

  /** A second factor other than mail, which is none of its own (ASVS 6.3.6). */
  async hasFactor(userId: string): Promise<boolean> {
    return (await this.factors.active(userId)).some(({ method }) => method !== 'email');
  }
}

/** True when two texts are one password. */
export const samePassword = (a: string, b: string): boolean => normalizedPassword(a) === normalizedPassword(b);
