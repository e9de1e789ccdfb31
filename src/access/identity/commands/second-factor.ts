import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Membership } from '../../organizations/contracts/memberships-of-user';
import type { MfaRules, SecondStep } from '../contracts/security-policy';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { FactorRepository, type FactorFacts } from '../data/factor.repository';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { AuthFlow } from '../domain/auth-flow';
import { allowedSteps, demandOn, satisfies } from '../domain/mfa-section.policy';
import { emailHint } from '../domain/phone.policy';

/** The answer to a right password that is not enough. */
export interface SecondFactorAnswer {
  mfaRequired: true;
  /** Names this sign-in to the routes that finish it; for this client alone, once, for ten minutes. */
  mfaToken: string;
  /** Seconds that it lives. */
  expiresIn: number;
  /** What may be sent next; while `enrolmentRequired`, what may be set up. */
  methods: SecondStep[];
  /** There is no factor that is good enough yet: the sign-in is finished by setting one up. */
  enrolmentRequired: boolean;
  /** Where codes would go, and which of several apps and keys there are. */
  factors: { id: string; method: SecondStep; name: string; hint: string | null }[];
}

/** What a sign-in needs besides the first factor. */
export interface SecondFactorNeed {
  methods: SecondStep[];
  enrols: boolean;
  factors: FactorFacts[];
}

interface Person {
  id: string;
  email: string;
}

const LOGIN_SECONDS = 600;

/** The second step of a sign-in: whether one is needed, and the flow that it takes place in. */
@Injectable()
export class SecondFactor {
  constructor(
    private readonly factors: FactorRepository,
    private readonly flows: AuthFlowRepository,
    private readonly policies: SecurityPolicyRepository,
  ) {}

  async rulesOf(organizationId: string | null): Promise<MfaRules> {
    return (await this.policies.of(organizationId)).mfa;
  }

  /** What a user who gave the right password has to give besides; null for nothing. */
  async need(account: Person, membership: Membership | null, factors: FactorFacts[]): Promise<SecondFactorNeed | null> {
    const organizationId = membership?.organization.id ?? null;
    const rules = await this.rulesOf(organizationId);
    const { due } = demandOn(
      rules,
      membership && { role: membership.role, joinedAt: membership.joinedAt },
      clock.now(),
    );
    const methods = await this.stepsOf(account.id, factors, rules);
    if (methods.length === 0) return due ? { methods: this.enrollable(rules), enrols: true, factors: [] } : null;
    if (await this.trusts(account.id, organizationId, rules)) return null;
    return { methods, enrols: false, factors: factors.filter(({ method }) => methods.includes(method)) };
  }

  /**
   * True when the organization lets nobody of the member's role in without a second factor, and does not trust the
   * device: a session of level 1 cannot go on there.
   */
  async insists(userId: string, membership: Membership | null): Promise<boolean> {
    const organizationId = membership?.organization.id ?? null;
    const rules = await this.rulesOf(organizationId);
    const { due } = demandOn(
      rules,
      membership && { role: membership.role, joinedAt: membership.joinedAt },
      clock.now(),
    );
    return due && !(await this.trusts(userId, organizationId, rules));
  }

  /** What must still be set up after these steps; null when they are good enough for the organization. */
  enrolmentAfter(rules: MfaRules, given: SecondStep[], membership: Membership | null): SecondStep[] | null {
    const member = membership && { role: membership.role, joinedAt: membership.joinedAt };
    if (!demandOn(rules, member, clock.now()).due) return null;
    // A backup code stands in for the factor that it was given out with.
    return given.some((step) => step === 'backup_code' || satisfies(rules, step)) ? null : this.enrollable(rules);
  }

  /** Opens the flow of a sign-in within the caller's transaction. */
  async ask(
    tx: Transaction,
    need: SecondFactorNeed,
    account: Person & { credential: { id: string } },
    membership: Membership | null,
  ): Promise<SecondFactorAnswer> {
    const now = clock.now();
    const { flow, token } = AuthFlow.open({
      purpose: 'login',
      userId: account.id,
      client: this.flows.client(),
      now,
      data: {
        organizationId: membership?.organization.id ?? null,
        credentialId: account.credential.id,
        provenAt: now.toISOString(),
        methods: need.methods,
        enrols: need.enrols,
      },
    });
    await tx.store.insert(flow);
    return this.answer(token, need, account);
  }

  answer(mfaToken: string, need: SecondFactorNeed, { email }: Person): SecondFactorAnswer {
    return {
      mfaRequired: true,
      mfaToken,
      expiresIn: LOGIN_SECONDS,
      methods: need.methods,
      enrolmentRequired: need.enrols,
      factors: need.factors.map(({ id, method, name, phoneHint }) => ({
        id,
        method,
        name,
        hint: method === 'sms' ? phoneHint : method === 'email' ? emailHint(email) : null,
      })),
    };
  }

  /** What may be set up where a factor is demanded. */
  enrollable(rules: MfaRules): SecondStep[] {
    return (['totp', 'passkey', 'sms'] as const).filter((method) => satisfies(rules, method));
  }

  private async stepsOf(userId: string, factors: FactorFacts[], rules: MfaRules): Promise<SecondStep[]> {
    const held = new Set<SecondStep>(factors.map(({ method }) => method));
    const strong = [...held].some((method) => method !== 'email');
    if (strong && (await this.factors.backupCodesLeft(userId)) > 0) held.add('backup_code');
    const allowed = allowedSteps(rules).filter((method) => held.has(method));
    if (allowed.some((method) => method !== 'backup_code' && method !== 'email')) return allowed;
    // Whoever has a factor is asked for it, even where the organization wants another one: it would else protect nothing.
    return strong ? [...held].filter((method) => method !== 'email') : allowed;
  }

  private async trusts(userId: string, organizationId: string | null, rules: MfaRules): Promise<boolean> {
    const { deviceId } = currentContext();
    if (rules.trustedDeviceDays === 0 || !deviceId) return false;
    return this.factors.isTrusted(userId, deviceId, organizationId);
  }
}
