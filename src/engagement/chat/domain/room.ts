export const ROOM_TYPES = ['direct', 'group', 'channel'] as const;
export type RoomType = (typeof ROOM_TYPES)[number];

export const ROOM_ROLES = ['owner', 'moderator', 'member'] as const;
export type RoomRole = (typeof ROOM_ROLES)[number];

/** Most members of a room, by its type. */
export const MOST_MEMBERS: Record<RoomType, number> = { direct: 2, group: 250, channel: 5_000 };

/** What people are told of a room above which nobody is told who read what, only how many. */
export const RECEIPTS_BY_NAME = 100;

const RANK: Record<RoomRole, number> = { owner: 2, moderator: 1, member: 0 };

/** Two people as the one key of their room, whoever of them asks. */
export const pairOf = (a: string, b: string): string => [a, b].sort().join(':');

/** True for those who look after a room: its owners and moderators. */
export const looksAfter = (role: RoomRole): boolean => RANK[role] > 0;

/** True when somebody may add people: in a group everybody, in a channel those who look after it. */
export const mayAdd = (type: RoomType, role: RoomRole): boolean => type === 'group' || looksAfter(role);

/** True when somebody may take another out: those who look after a room, and of them an owner alone another owner. */
export const mayRemove = (own: RoomRole, other: RoomRole): boolean => looksAfter(own) && RANK[own] >= RANK[other];
