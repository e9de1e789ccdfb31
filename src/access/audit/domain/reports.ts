import { actionsOf } from './catalogue';

/** Actions by which somebody comes in, or proves once more who they are. */
export const WAYS_IN: readonly string[] = [
  'CheckOperator',
  'FinishEnrolment',
  'JoinWithPassword',
  'LogIn',
  'LogInWithPasskey',
  'OpenRecovery',
  'StepUp',
  'VerifySecondFactor',
];

/** Actions on rights, roles, members, users and keys of others. */
export const PRIVILEGED: readonly string[] = actionsOf('privileged');
