/** What is told to people about their accounts. Links become pages under the public URL that post. Times are RFC 3339. */
export interface AccountTemplateData {
  /** `<public URL>/reset-password/<token>`. `by` says who asked, where it was not the person. */
  'reset-password': { name: string; token: string; by?: 'administrator' | 'undo' };
  /** An administrator made an account for the person, who chooses the password by the same page. */
  'account-created': { name: string; token: string; organization: string };
  /** To somebody who has an account already: `<public URL>/verify-email/<token>` joins the organization. */
  'asked-to-join': { name: string; token: string; organization: string };
  'password-changed': { name: string; at: string };
  /** To the new address: `<public URL>/confirm-email/<token>`. */
  'confirm-new-email': { name: string; token: string; email: string };
  /** To the former address: `<public URL>/undo-email-change/<token>`. */
  'email-changed': { name: string; token: string; email: string; at: string };
  'account-disabled': { name: string; at: string };
  /** `<public URL>/keep-account/<token>` until `at`. */
  'account-deletion': { name: string; token: string; at: string };
  'account-deleted': { name: string };
}
