import type { ActionList } from './action';

/** Accounts, sessions, rights, organizations and the trail itself. One line each, in alphabetical order. */
export const ACCESS: ActionList = {
  AccessRoute: ['refusal', 'A signed-in caller was turned away by the access rules of a route.'],
  AddMember: ['privileged', 'Somebody became a member of the organization.'],
  ChangeMemberRole: ['privileged', 'The role of a member was changed.'],
  ChangeOrganization: ['settings', 'The settings of the organization were changed.'],
  ChangeSecurityPolicy: ['privileged', 'What the organization asks of passwords, factors or sessions was changed.'],
  ChangeTeam: ['privileged', 'A team was changed.'],
  ChangeTeamMember: ['privileged', 'Somebody joined or left a team.'],
  CheckOperator: ['authentication', 'An operator signed in to the board.'],
  CreateOrganization: ['privileged', 'An organization was created.'],
  CreateTeam: ['privileged', 'A team was created.'],
  CreateUser: ['privileged', 'A user was created.'],
  LogIn: ['authentication', 'Somebody signed in with a password.'],
  LogOut: ['authentication', 'A session was ended by its user.'],
  PurgeExpired: ['system', 'Sessions, links and counters that had ended long ago were deleted.'],
  ReadAuditLogs: ['reading', 'The audit trail was read.'],
  RefreshTokens: ['authentication', 'The tokens of a session were renewed.'],
  Register: ['authentication', 'An account was registered.'],
  RemoveMember: ['privileged', 'A member was removed from the organization.'],
  RemoveTeam: ['privileged', 'A team was removed.'],
  ResendVerification: ['authentication', 'A verification mail was asked for again.'],
  RotateSigningKey: ['privileged', 'The key of access tokens was replaced.'],
  SetPassword: ['privileged', 'A password was set at the command line.'],
  SwitchOrganization: ['authentication', 'A session moved to another organization of its user.'],
  VerifyEmail: ['authentication', 'An e-mail address was verified.'],
};
