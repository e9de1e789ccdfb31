export const ASSIGNMENT_KINDS = ['driver', 'device', 'trailer'] as const;
/** What can be with a vehicle. A device is a tracker of the location context. */
export type AssignmentKind = (typeof ASSIGNMENT_KINDS)[number];
