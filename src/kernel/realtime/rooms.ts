import { PLATFORM_TENANT } from '../context/request-context';
import { alwaysHolds } from '../auth/policy';
import type { Principal } from '../auth/principal';

/** Who holds it is in the staff room of its organization. A room is not left by the clock: it must be held always. */
const STAFF = 'realtime:staff';

export const tenantRoom = (tenantId: string): string => `tenant:${tenantId}`;
export const staffRoom = (tenantId: string): string => `staff:${tenantId}`;
export const userRoom = (tenantId: string | null, userId: string): string =>
  `user:${tenantId ?? PLATFORM_TENANT}:${userId}`;

/** The rooms that a principal is in by itself: its own, its tenant's, and the staff's when it is of them. */
export function roomsOf({ tenantId, userId, policy }: Principal): string[] {
  const rooms: string[] = [];
  if (userId !== null) rooms.push(userRoom(tenantId, userId));
  if (tenantId !== null) {
    rooms.push(tenantRoom(tenantId));
    if (alwaysHolds(policy, STAFF)) rooms.push(staffRoom(tenantId));
  }
  return rooms;
}
