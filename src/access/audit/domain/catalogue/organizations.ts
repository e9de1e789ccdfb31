import type { ActionList } from './action';

/** Invitations, plans, looks and ends of organizations. One line each, in alphabetical order. */
export const ORGANIZATIONS: ActionList = {
  AcceptInvitation: ['privileged', 'An invitation was accepted.'],
  ChangeBranding: ['settings', 'The look of the organization was changed.'],
  ChangePlan: ['privileged', 'An organization was given another plan.'],
  ClaimDomain: ['settings', 'A domain was claimed for the organization.'],
  Invite: ['privileged', 'Somebody was invited into the organization.'],
  JoinByInvitation: ['privileged', 'Somebody joined by an invitation.'],
  JoinWithPassword: ['privileged', 'Somebody joined by an invitation on its page.'],
  MakeDomainPrimary: ['settings', 'Links in mails were led to another domain.'],
  RegisterInvited: ['authentication', 'An account was registered by an invitation.'],
  RemoveDomain: ['settings', 'A domain of the organization was let go.'],
  RequestDeletion: ['privileged', 'The end of the organization was asked for.'],
  ResendInvitation: ['privileged', 'An invitation was sent again.'],
  RevokeInvitation: ['privileged', 'An invitation was taken back.'],
  SetMemberStatus: ['privileged', 'A membership was suspended or resumed.'],
  SetOrganizationStatus: ['privileged', 'An organization was suspended or resumed by an operator.'],
  TransferOwnership: ['privileged', 'The organization was handed over to another owner.'],
  VerifyDomain: ['settings', 'The proof of a domain was looked up.'],
  WithdrawDeletion: ['privileged', 'The wish to end the organization was taken back.'],
};
