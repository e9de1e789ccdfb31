import { ApprovalDecided, ApprovalRequested } from './corporate-events';
import {
  InvitationAccepted,
  MemberJoined,
  MemberRemoved,
  MemberRoleChanged,
  MemberStatusChanged,
  OrganizationCreated,
  OrganizationStatusChanged,
  TeamRemoved,
} from './organization-events';

const member = { memberId: 'm', userId: 'u' };
const approval = {
  approvalId: 'a',
  accountId: 'c',
  subject: 'order' as const,
  subjectId: 'o',
  reference: 'Order 1004',
  amount: { amount: 1_250, currency: 'EUR' },
  requesterUserId: 'u',
};

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [
    new OrganizationCreated('o', { organizationId: 'o', slug: 'harbour', name: 'Harbour', ownerUserId: 'u' }),
    new OrganizationStatusChanged('o', { organizationId: 'o', from: 'active', to: 'suspended' }),
    new InvitationAccepted('i', { invitationId: 'i', userId: 'u', role: 'staff' }),
    new MemberJoined('m', { ...member, role: 'staff' }),
    new MemberRoleChanged('m', { ...member, from: 'staff', to: 'owner' }),
    new MemberStatusChanged('m', { ...member, status: 'suspended' }),
    new MemberRemoved('m', { ...member, role: 'owner' }),
    new TeamRemoved('t', { teamId: 't' }),
    new ApprovalRequested('a', {
      ...approval,
      step: 1,
      escalated: false,
      askedUserIds: ['v'],
      expiresAt: '2026-03-08T12:00:00.000Z',
    }),
    new ApprovalDecided('a', { ...approval, decision: 'rejected', comment: 'Too dear.' }),
  ];
  expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`)).toMatchInlineSnapshot(`
[
  "organizations.organization-created.v1 {"organizationId":"o","slug":"harbour","name":"Harbour","ownerUserId":"u"}",
  "organizations.organization-status-changed.v1 {"organizationId":"o","from":"active","to":"suspended"}",
  "organizations.invitation-accepted.v1 {"invitationId":"i","userId":"u","role":"staff"}",
  "organizations.member-joined.v1 {"memberId":"m","userId":"u","role":"staff"}",
  "organizations.member-role-changed.v1 {"memberId":"m","userId":"u","from":"staff","to":"owner"}",
  "organizations.member-status-changed.v1 {"memberId":"m","userId":"u","status":"suspended"}",
  "organizations.member-removed.v1 {"memberId":"m","userId":"u","role":"owner"}",
  "organizations.team-removed.v1 {"teamId":"t"}",
  "organizations.approval-requested.v1 {"approvalId":"a","accountId":"c","subject":"order","subjectId":"o","reference":"Order 1004","amount":{"amount":1250,"currency":"EUR"},"requesterUserId":"u","step":1,"escalated":false,"askedUserIds":["v"],"expiresAt":"2026-03-08T12:00:00.000Z"}",
  "organizations.approval-decided.v1 {"approvalId":"a","accountId":"c","subject":"order","subjectId":"o","reference":"Order 1004","amount":{"amount":1250,"currency":"EUR"},"requesterUserId":"u","decision":"rejected","comment":"Too dear."}",
]
`);
});
