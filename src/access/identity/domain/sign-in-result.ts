/** How a try to sign in ended. Tries that were refused before anything was verified leave no row. */
export const SIGN_IN_RESULTS = [
  'success',
  'wrong_password',
  'wrong_factor',
  'account_disabled',
  'email_unverified',
  'password_change_required',
  'refused',
] as const;
export type SignInResult = (typeof SIGN_IN_RESULTS)[number];
