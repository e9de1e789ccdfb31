import type { ActionList } from './action';

/** Roles and grants. One line each, in alphabetical order. */
export const GRANTS: ActionList = {
  AssignRoles: ['privileged', 'The roles of a member were set.'],
  ChangeRole: ['privileged', 'What a role allows was changed.'],
  CreateRole: ['privileged', 'A role was made.'],
  DeleteRole: ['privileged', 'A role was deleted.'],
  Grant: ['privileged', 'A role or permission was granted or denied.'],
  RevokeGrant: ['privileged', 'A grant was revoked.'],
};
