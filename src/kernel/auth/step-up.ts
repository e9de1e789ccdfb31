import { Inject, Injectable, Optional } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { clock } from '../clock/clock';
import { Config } from '../config/config';
import { AppError } from '../errors/app-error';
import type { StepUpRule } from './decorators';
import { AccessFacts } from './ports';
import type { Assurance, Principal } from './principal';

/** What a session lacks for a rule; null when it lacks nothing. */
export function lacking(rule: StepUpRule, found: Assurance, nowMs: number, graceSeconds = 0): StepUpRule | null {
  const asked = found.secondFactor === 'enrolled' || (found.secondFactor === 'demanded' && !rule.enrols);
  const aal = asked ? rule.aal : 1;
  const maxAgeSeconds = Math.max(rule.maxAgeSeconds, graceSeconds);
  // A proof cannot be of the future, but clocks of two machines may differ by a moment.
  const age = found.authTime === null ? Infinity : (nowMs - found.authTime.getTime()) / 1000;
  return found.aal >= aal && age <= maxAgeSeconds ? null : { ...rule, aal, maxAgeSeconds };
}

const HINTS: Record<Assurance['secondFactor'], string> = {
  enrolled: 'Send your second factor to POST /api/v1/auth/step-up.',
  demanded: 'Your organization demands a second factor: add one with POST /api/v1/auth/mfa/totp.',
  none: 'Send your password or a factor to POST /api/v1/auth/step-up.',
};

/** Refuses callers of sensitive routes whose proof is too weak or too old, as RFC 9470 says. */
@Injectable()
export class StepUpGate {
  constructor(
    private readonly config: Config,
    @Optional() @Inject(AccessFacts) private readonly facts?: AccessFacts,
  ) {}

  /** @throws AppError 401 `auth.step-up-required`, with the challenge in `WWW-Authenticate` */
  async check(rule: StepUpRule, principal: Principal, reply: FastifyReply): Promise<void> {
    if (!principal.sessionId) return;
    const found = (await this.facts?.assuranceOf(principal)) ?? principal;
    const lack = lacking(rule, found, clock.nowMs(), this.config.stepUpSeconds);
    if (!lack) return;
    const acr = `aal${lack.aal}`;
    void reply.header(
      'www-authenticate',
      `Bearer realm="mainstay", error="insufficient_user_authentication", error_description="A fresh proof is needed", acr_values="${acr}", max_age="${lack.maxAgeSeconds}"`,
    );
    throw new AppError('auth.step-up-required', 'unauthenticated', 'This needs a fresh proof that it is you.', {
      hint: `${HINTS[found.aal < lack.aal ? found.secondFactor : 'none']} Then repeat the request with the new token.`,
      acrValues: [acr],
      maxAge: lack.maxAgeSeconds,
      factor: found.secondFactor,
    });
  }
}
