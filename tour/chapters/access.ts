import type { Guide } from '../guide';
import { accessAccounts } from './access-accounts';
import { accessAudit } from './access-audit';
import { accessGrants } from './access-grants';
import { accessMfa } from './access-mfa';
import { accessOrganizations } from './access-organizations';
import { accessSessions } from './access-sessions';

/** One theme of the chapter; each lives in a file of its own (`access-<theme>.ts`). */
export type Theme = (guide: Guide, url: string) => Promise<void>;

/** The themes in the order of the story. */
const THEMES: Theme[] = [accessAccounts, accessMfa, accessSessions, accessGrants, accessOrganizations, accessAudit];

/** Who may come in, and what they may do: accounts, factors, sessions, roles, invitations, approvals, the audit trail. */
export async function access(guide: Guide, url: string): Promise<void> {
  for (const theme of THEMES) await guide.part(() => theme(guide, url));
}
