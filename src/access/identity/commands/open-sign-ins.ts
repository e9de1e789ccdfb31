import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { MembershipsOfUserQuery, type Membership } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository, type AccountFacts, type LivePassword } from '../data/account.repository';
import { AuthFlowRepository, type FlowPlace } from '../data/auth-flow.repository';
import { amrOf, levelOf, withProof, type Proof } from '../domain/assurance';
import { mfaTokenInvalid } from '../domain/factor.errors';
import type { Admission } from './begin-session';

/** A sign-in whose password was right, before its flow is locked. */
export interface OpenSignIn {
  place: FlowPlace;
  account: AccountFacts & { credential: LivePassword };
  membership: Membership | null;
}

/** Sign-ins that wait for a second factor, by their token. */
@Injectable()
export class OpenSignIns {
  constructor(
    private readonly flows: AuthFlowRepository,
    private readonly accounts: AccountRepository,
    private readonly queries: QueryBus,
  ) {}

  /** @throws AppError 401 `identity.mfa-token-invalid`; whether it is still open is judged under its lock */
  async open(mfaToken: string): Promise<OpenSignIn> {
    const place = await this.flows.byToken(mfaToken);
    if (place?.purpose !== 'login' || !place.userId) throw mfaTokenInvalid();
    const account = await this.accounts.byId(place.userId);
    const { credential } = account ?? {};
    // Another password than the one that was proven voids the sign-in.
    if (account?.status !== 'active' || credential?.id !== place.data.credentialId || !credential)
      throw mfaTokenInvalid();
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(account.id));
    const { organizationId } = place.data;
    const membership = memberships.find(({ organization }) => organization.id === organizationId) ?? null;
    if (organizationId && !membership) throw mfaTokenInvalid();
    return { place, account: { ...account, credential }, membership };
  }
}

/** The session of a sign-in whose password was proven when its flow began, and these factors now. */
export function admissionOf(
  account: Admission['account'],
  membership: Membership | null,
  place: FlowPlace,
  proofs: readonly Proof[],
  now: Date,
): Admission {
  let factorTimes: Admission['factorTimes'] = { password: place.data.provenAt ?? now.toISOString() };
  for (const proof of proofs) factorTimes = withProof(factorTimes, proof, now);
  const aal = levelOf(Object.keys(factorTimes));
  return { account, membership, aal, amr: amrOf([{ method: 'password' }, ...proofs], aal), authTime: now, factorTimes };
}
