import type { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MemberIdsQuery } from '../../../access/organizations/contracts/member-directory';
import { NotifyCommand } from '../../../engagement/notifications/contracts/notify';

/** Members who run the fleet hear of what needs them. */
const ROLES = ['owner', 'admin', 'staff'];
const MOST = 500;

/**
 * Notifies whoever runs the fleet, by the channels that each wants, and somebody besides.
 * @param userId a driver whom it concerns, who may have left meanwhile
 */
export async function tellStaff(
  buses: { commands: CommandBus; queries: QueryBus },
  { dedupeKey, ...data }: { title: string; body: string; dedupeKey: string },
  userId: string | null = null,
): Promise<void> {
  const staff = await buses.queries.execute(new MemberIdsQuery({ roles: ROLES, after: null, limit: MOST }));
  const others = userId ? await buses.queries.execute(new MemberIdsQuery({ userIds: [userId] })) : [];
  const userIds = [...new Set([...others, ...staff])].slice(0, MOST);
  if (userIds.length === 0) return;
  await buses.commands.execute(new NotifyCommand({ userIds, category: 'fleet', template: 'notice', data, dedupeKey }));
}
