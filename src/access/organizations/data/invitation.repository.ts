import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { sha256 } from '../../../kernel/crypto/hashing';
import { Invitation, tenantOfToken } from '../domain/invitation';
import { invitationNotFound } from '../domain/organizations.errors';

/** Invitations by id, address and token. Whoever changes one holds the organization's row. */
@Injectable()
export class InvitationRepository {
  constructor(private readonly database: Database) {}

  async lock(tx: Transaction, id: string): Promise<Invitation> {
    const invitation = await tx.store.load(Invitation, id);
    if (!invitation) throw invitationNotFound();
    return invitation;
  }

  async lockPending(tx: Transaction, emailNormalized: string): Promise<Invitation | null> {
    return (await tx.store.loadMany(Invitation, { emailNormalized, state: 'pending' }))[0] ?? null;
  }

  async lockByToken(tx: Transaction, token: string): Promise<Invitation> {
    const [found] = await tx.query<{ id: string }>(
      'select id from organizations.invitations where tenant_id = $1 and token_hash = $2',
      [tx.tenantId, sha256(token)],
    );
    const invitation = found && (await tx.store.load(Invitation, found.id));
    // A token that was rotated between the look-up and the lock is void.
    if (!invitation?.tokenHash.equals(sha256(token))) throw invitationNotFound();
    return invitation;
  }

  /** The invitation of a token, by which its tenant is known. */
  async byToken(token: string): Promise<{ tenantId: string; row: InvitationRow } | null> {
    const tenantId = tenantOfToken(token);
    if (!tenantId) return null;
    const rows = await this.database.readAs<InvitationRow>(
      tenantId,
      `select i.id, i.email, i.role, i.state, i.expires_at as "expiresAt", t.slug, t.name
       from organizations.invitations i join organizations.tenants t on t.tenant_id = i.tenant_id and t.id = i.tenant_id
       where i.tenant_id = $1 and i.token_hash = $2 and t.status = 'active'`,
      [tenantId, sha256(token)],
    );
    return rows[0] ? { tenantId, row: rows[0] } : null;
  }

  /** Mails of invitations in the last day. */
  async sentLately(tx: Transaction): Promise<number> {
    const [{ sent }] = await tx.query<{ sent: number }>(
      `select coalesce(sum(sends), 0)::int as sent from organizations.invitations
       where tenant_id = $1 and sent_at > kernel.now() - interval '24 hours'`,
      [tx.tenantId],
    );
    return sent;
  }
}

interface InvitationRow {
  id: string;
  email: string;
  role: string;
  state: Invitation['state'];
  expiresAt: Date;
  slug: string;
  name: string;
}
