import { PLATFORM_TENANT } from '../context/request-context';
import type { Principal } from '../auth/principal';

/** Roles of those who run a shop; they are in its staff room. */
const STAFF: ReadonlySet<string> = new Set(['owner', 'staff']);

export const tenantRoom = (tenantId: string): string => `tenant:${tenantId}`;
export const staffRoom = (tenantId: string): string => `staff:${tenantId}`;
export const userRoom = (tenantId: string | null, userId: string): string =>
  `user:${tenantId ?? PLATFORM_TENANT}:${userId}`;

/** The rooms that a principal is in by itself: its own, its tenant's, and the staff's when it is of them. */
export function roomsOf({ tenantId, userId, roles }: Principal): string[] {
  const rooms: string[] = [];
  if (userId !== null) rooms.push(userRoom(tenantId, userId));
  if (tenantId !== null) {
    rooms.push(tenantRoom(tenantId));
    if (roles.some((role) => STAFF.has(role))) rooms.push(staffRoom(tenantId));
  }
  return rooms;
}
