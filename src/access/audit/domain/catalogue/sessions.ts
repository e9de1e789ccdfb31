import type { ActionList } from './action';

/** Sessions, devices and API keys. One line each, in alphabetical order. */
export const SESSIONS: ActionList = {
  ChangeApiKey: ['privileged', 'What an API key may do was changed.'],
  CreateApiKey: ['privileged', 'An API key was made.'],
  EndMemberSessions: ['privileged', 'An administrator signed a member out.'],
  EndOwnSessions: ['authentication', 'Somebody signed out other sessions of the own.'],
  ForgetDevice: ['authentication', 'A device was forgotten and signed out.'],
  ResumeSignIn: ['authentication', 'Somebody signed in after ending another session for it.'],
  RevokeApiKey: ['privileged', 'An API key was revoked.'],
  RevokeSessions: ['authentication', 'Sessions of a user were ended.'],
  RotateApiKey: ['privileged', 'The secret of an API key was replaced.'],
  TrustDevice: ['authentication', 'A device was trusted, or trusted no longer.'],
};
