import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Membership } from '../../organizations/contracts/memberships-of-user';
import type { PasswordRules } from '../contracts/security-policy';
import { AccountRepository, type AccountFacts, type LivePassword } from '../data/account.repository';
import type { FactorFacts } from '../data/factor.repository';
import { Challenge } from '../domain/challenge';
import { passwordChangeRequired } from '../domain/identity.errors';
import { DEFAULT_POLICY } from '../domain/security-policy';
import { actingAs } from './acting-as';
import { PasswordRulesOf } from './password-rules';

/** Hours that a password may be changed after the old one was proven. */
const CHANGE_HOURS = 1 / 6;

/** Whether a password that is right may still be used, by the rules of its user's organizations. */
@Injectable()
export class PasswordStanding {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly rules: PasswordRulesOf,
  ) {}

  /**
   * Also notes what the organizations ask of failed tries, for the next ones.
   * @throws AppError forbidden `identity.password-change-required` with a token that sets a new one
   */
  async assert(
    { account, factors }: { account: AccountFacts & { credential: LivePassword }; factors: FactorFacts[] },
    password: string,
  ): Promise<Membership[]> {
    const { rules, words, memberships } = await this.rules.ofUser(account.id);
    await this.noteLockout(account, rules);
    if (!rules.enforceAtSignIn && rules.maxAgeDays === 0) return memberships;
    const hasFactor = factors.some(({ method }) => method !== 'email');
    const age = clock.nowMs() - account.credential.setAt.getTime();
    if (rules.maxAgeDays > 0 && !hasFactor && age > rules.maxAgeDays * 86_400_000)
      throw await this.changeRequired(account.id, `Passwords must be changed after ${rules.maxAgeDays} days.`);
    const subject = { rules, hasFactor, words: [...words, account.email, account.name] };
    const fault = rules.enforceAtSignIn ? this.rules.judge(password, subject) : null;
    if (fault) throw await this.changeRequired(account.id, fault.detail);
    return memberships;
  }

  private async changeRequired(userId: string, why: string): Promise<Error> {
    const { challenge, token } = Challenge.link('reset-password', userId, {}, clock.now(), CHANGE_HOURS);
    await actingAs(userId, () => this.uow.run((tx) => tx.store.insert(challenge), { tenantId: PLATFORM_TENANT }));
    return passwordChangeRequired(why, token);
  }

  private async noteLockout({ id, lockout }: AccountFacts, rules: PasswordRules): Promise<void> {
    const usual = DEFAULT_POLICY.password;
    const { lockoutTries: tries, lockoutMinutes: minutes } = rules;
    const asked = tries < usual.lockoutTries || minutes > usual.lockoutMinutes ? { tries, minutes } : null;
    if (asked?.tries === lockout?.tries && asked?.minutes === lockout?.minutes) return;
    await actingAs(id, () =>
      this.uow.run((tx) => this.accounts.setLockout(tx, id, asked), { tenantId: PLATFORM_TENANT }),
    );
  }
}
