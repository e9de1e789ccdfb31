import type { StockState } from './stock-state';
import type { LotShare } from './stock.policy';

/**
 * A piece with a number of its own. It is in one place at a time: `in_stock` in a lot, `under_way` between locations,
 * `shipped` to a reference, or `gone` (written off, lost, not found); a piece that was gone may be found again.
 */
export const SERIAL_STATES = ['in_stock', 'under_way', 'shipped', 'gone'] as const;
export type SerialState = (typeof SERIAL_STATES)[number];

export const SERIAL_EVENTS = [
  'received',
  'found',
  'tracked',
  'shipped',
  'returned',
  'scrapped',
  'transfer_sent',
  'transfer_received',
  'transfer_lost',
  'transfer_returned',
  'state_changed',
  'written_off',
  'missing',
  'renamed',
  'untracked',
] as const;
export type SerialEventKind = (typeof SERIAL_EVENTS)[number];

/** A number as it stands on the goods: 1 to 64 printable ASCII characters without spaces at its ends. */
export const SERIAL_NUMBER = /^[!-~](?:[ -~]{0,62}[!-~])?$/;

/** How an article is kept: whether every piece has a serial number, and the months of its warranty from the shipment on. */
export interface ItemSettings {
  sku: string;
  serials: boolean;
  warrantyMonths: number | null;
}

/** Which piece is meant: numbers are unique within an article. */
export interface NamedSerial {
  sku: string;
  serial: string;
}

export interface Serial extends NamedSerial {
  id: string;
  state: SerialState;
  condition: StockState;
  levelId: string;
  lotId: string;
  referenceId: string | null;
}

/** A number for a piece whose own nobody read yet; people put the right one in its place. */
export const provisionalSerial = (id: string): string => `~${id.replaceAll('-', '').slice(-12)}`;

/** The end of a warranty that begins now, so many calendar months later; the last day of a month that is too short. */
export function warrantyEnd(from: Date, months: number | null): Date | null {
  if (months === null) return null;
  const end = new Date(from);
  end.setUTCDate(1);
  end.setUTCMonth(end.getUTCMonth() + months);
  const last = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate();
  end.setUTCDate(Math.min(from.getUTCDate(), last));
  return end;
}

/**
 * Of which lots pieces leave when some of them are named: the named ones' own lots, the rest as was planned.
 * @param planned what was to leave, adding up to all that leaves
 * @param named lots of the named pieces, one entry a piece; not more than leave
 */
export function lotsOfNamed(planned: readonly LotShare[], named: readonly string[]): LotShare[] {
  const target = new Map<string, number>();
  for (const lotId of named) target.set(lotId, (target.get(lotId) ?? 0) + 1);
  let rest = planned.reduce((sum, share) => sum + share.quantity, 0) - named.length;
  for (const { lotId, quantity } of planned) {
    const there = named.filter((each) => each === lotId).length;
    const taken = Math.min(rest, quantity - Math.min(there, quantity));
    if (taken > 0) target.set(lotId, (target.get(lotId) ?? 0) + taken);
    rest -= taken;
  }
  return [...target].map(([lotId, quantity]) => ({ lotId, quantity }));
}
