import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { MembershipsOfUserQuery, type Membership } from '../../organizations/contracts/memberships-of-user';
import type { PasswordRules } from '../contracts/security-policy';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { CommonPasswords } from '../domain/common-passwords';
import { passwordRefused } from '../domain/identity.errors';
import { PASSWORD_BOUNDS, strictest } from '../domain/password-section.policy';
import {
  passwordFault,
  WEAKEST_GUESSES_LOG10,
  type PasswordFault,
  type PasswordSubject,
} from '../domain/password.policy';
import { PasswordStrength, type PasswordEstimate } from '../domain/password-strength';

/** Entries that the list of common passwords has of every length that an organization may ask for (ASVS 6.2.4). */
const FEWEST_ENTRIES = 3_000;
const SHORTEST_MINIMUM = 8;

/** Which rules hold for whom, and whether a password keeps them. */
@Injectable()
export class PasswordRulesOf implements OnApplicationBootstrap {
  constructor(
    private readonly policies: SecurityPolicyRepository,
    private readonly queries: QueryBus,
    private readonly common: CommonPasswords,
    private readonly strength: PasswordStrength,
  ) {}

  /** @throws Error when the list of common passwords is not what the rules promise: Mainstay does not start then. */
  onApplicationBootstrap(): void {
    for (let length = SHORTEST_MINIMUM; length <= PASSWORD_BOUNDS.longestMinimum; length++)
      if (this.common.count(length) < FEWEST_ENTRIES)
        throw new Error(`The list of common passwords has fewer than ${FEWEST_ENTRIES} of ${length} characters.`);
  }

  /** The rules of one organization; null: of nobody in particular. */
  async ofTenant(tenantId: string | null): Promise<PasswordRules> {
    return (await this.policies.of(tenantId)).password;
  }

  /** The strictest rules of all organizations that a user belongs to, with their names. */
  async ofUser(userId: string): Promise<{ rules: PasswordRules; words: string[]; memberships: Membership[] }> {
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(userId));
    return { ...(await this.ofMemberships(memberships)), memberships };
  }

  async ofMemberships(memberships: Membership[]): Promise<{ rules: PasswordRules; words: string[] }> {
    const policies = await this.policies.ofAll(memberships.map(({ organization }) => organization.id));
    return {
      rules: strictest(policies.map(({ password }) => password)),
      // A customer of many shops need not avoid all their names.
      words: memberships.slice(0, 20).flatMap(({ organization }) => [organization.name, organization.slug]),
    };
  }

  /** Why a password cannot be taken, with the estimate of its strength; null when it can. */
  judge(password: string, subject: PasswordSubject): (PasswordFault & { estimate?: PasswordEstimate }) | null {
    const fault = passwordFault(password, subject, this.common);
    if (fault?.reason === 'too-long') return fault;
    const estimate = this.strength.estimate(password, subject.words ?? []);
    if (fault) return { ...fault, estimate };
    if (estimate.guessesLog10 >= WEAKEST_GUESSES_LOG10) return null;
    return { reason: 'weak', detail: 'This password is too easily guessed.', estimate };
  }

  /** @throws AppError invalid `identity.password-refused` with reason and estimate */
  assert(password: string, subject: PasswordSubject, pointer = '/password'): void {
    const fault = this.judge(password, subject);
    if (fault) throw passwordRefused(fault, pointer);
  }
}
