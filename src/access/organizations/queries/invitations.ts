import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { MemberRole } from '../contracts/roles';

export interface InvitationView {
  id: string;
  email: string;
  role: MemberRole;
  status: 'pending' | 'accepted' | 'revoked' | 'expired';
  /** The user who invited. */
  invitedBy: string | null;
  sends: number;
  createdAt: Date;
  sentAt: Date;
  expiresAt: Date;
  acceptedBy: string | null;
}

const STATUS = `case when i.state = 'pending' and i.expires_at <= kernel.now() then 'expired' else i.state end`;
const VIEW = `i.id, i.email, i.role, ${STATUS} as status, i.invited_by as "invitedBy", i.sends,
  i.created_at as "createdAt", i.sent_at as "sentAt", i.expires_at as "expiresAt", i.accepted_by as "acceptedBy"`;

const viewOf = (row: InvitationView): InvitationView => ({
  id: row.id,
  email: row.email,
  role: row.role,
  status: row.status,
  invitedBy: row.invitedBy,
  sends: row.sends,
  createdAt: row.createdAt,
  sentAt: row.sentAt,
  expiresAt: row.expiresAt,
  acceptedBy: row.acceptedBy,
});

/** An invitation as the open transaction sees it. */
export async function invitationView(tx: Transaction, id: string): Promise<InvitationView> {
  const rows = await tx.query<InvitationView>(
    `select ${VIEW} from organizations.invitations i where i.tenant_id = $1 and i.id = $2`,
    [tx.tenantId, id],
  );
  return rows[0];
}

const INVITATIONS = keyset({
  id: 'i.id',
  sorts: {
    createdAt: { sql: 'i.created_at', type: 'timestamptz' },
    expiresAt: { sql: 'i.expires_at', type: 'timestamptz' },
    email: { sql: 'i.email_normalized', type: 'text' },
  },
  defaultSort: '-createdAt',
  filters: { status: { sql: STATUS, type: 'text' }, role: { sql: 'i.role', type: 'text' } },
});

/** Invitations of the context's organization. */
export class ListInvitationsQuery extends Query<Page<InvitationView>> {
  constructor(readonly list: ListQuery & { status?: InvitationView['status'][]; role?: MemberRole[] }) {
    super();
  }
}

@QueryHandler(ListInvitationsQuery)
export class ListInvitationsHandler implements IQueryHandler<ListInvitationsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list }: ListInvitationsQuery): Promise<Page<InvitationView>> {
    return INVITATIONS.run<InvitationView, InvitationView>(this.database, list, {
      select: VIEW,
      from: 'organizations.invitations i',
      where: 'i.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}
