export const DOCUMENT_TYPES = [
  'driving_licence',
  'medical',
  'training',
  'registration',
  'insurance',
  'roadworthiness',
  'tachograph',
  'permit',
  'lease',
  'other',
] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

/** A paper of a vehicle or a driver that may expire. Days are dates without a time zone. */
export interface FleetDocument {
  id: string;
  vehicleId: string | null;
  driverId: string | null;
  type: DocumentType;
  number: string | null;
  issuedOn: string | null;
  /** The last day on which it holds. */
  expiresOn: string | null;
  /** Days before that day from which on it is told that it expires. */
  warnDays: number;
  fileId: string | null;
  note: string | null;
  /** Counts changes: what was planned for an earlier one is void. */
  revision: number;
  warnedAt: Date | null;
  expiredAt: Date | null;
}

/** Days before expiry at which is told of it, unless somebody says otherwise. */
export const WARN_DAYS = 30;
const DAY_MS = 86_400_000;

/** When its expiry is told ahead, and when it has expired: midnight UTC after its last day. */
export function momentsOf({ expiresOn, warnDays }: FleetDocument): { warn: Date; expire: Date } | null {
  if (!expiresOn) return null;
  const expire = Date.parse(`${expiresOn}T00:00:00Z`) + DAY_MS;
  return { warn: new Date(expire - (warnDays + 1) * DAY_MS), expire: new Date(expire) };
}
