import { createHash } from 'node:crypto';
import { passesLuhn } from '../../../kernel/cards/card-number';
import { holdsLongNumber } from '../../../kernel/tabular/convert';
import type { FieldSet, RowOf } from '../../../kernel/tabular/fields';
import type { Numbered } from '../../../kernel/tabular/import-report';
import { fold } from '../../../kernel/text/fold';
import { exceedsTank, FUELS, smallestUnitOf, type Fuel, type FuelUnit } from './fuel';
import type { FuelType } from './vehicle';

/** What may be wrong with a row of a fuel card. */
export const CARD_FLAGS = ['unmatched', 'exceeds_tank', 'vehicle_elsewhere', 'wrong_fuel', 'duplicate'] as const;
export type CardFlag = (typeof CARD_FLAGS)[number];
/** `matched` has no flag; people accept or dispute. */
export const CARD_ROW_STATES = ['matched', 'flagged', 'accepted', 'disputed'] as const;
export type CardRowState = (typeof CARD_ROW_STATES)[number];
export type CardDecision = 'accepted' | 'disputed';

/** What cards pay for beside fuel: such rows are left out. */
export const NO_FUEL = 'other';

/** Columns of a provider's file: one row a transaction. Quantities in litres, kilograms or kilowatt hours. */
export const CARD_ROW_FIELDS = {
  provider: { type: 'text', required: true, maxLength: 60 },
  card: { type: 'card', required: true },
  transaction: { type: 'text', maxLength: 80 },
  at: { type: 'date', required: true },
  fuelType: { type: 'text', oneOf: [...FUELS, NO_FUEL] },
  quantity: { type: 'decimal', required: true, min: 0.001, max: 100_000 },
  currency: { type: 'currency' },
  total: { type: 'money', min: 0 },
  station: { type: 'text', maxLength: 200 },
  lat: { type: 'decimal', min: -90, max: 90 },
  lng: { type: 'decimal', min: -180, max: 180 },
  plate: { type: 'text', maxLength: 20 },
} as const satisfies FieldSet;
export type CardFileRow = Numbered<RowOf<typeof CARD_ROW_FIELDS>>;

/** What a provider is compared by. */
export const providerKeyOf = (provider: string): string => fold(provider) || provider.trim();

/** What all of a row says, in 32 letters: two rows of one digest are the same. */
export function digestOf(row: CardFileRow): string {
  const said = [
    providerKeyOf(row.provider),
    row.card,
    row.transaction,
    row.at,
    row.fuelType,
    row.quantity,
    row.currency,
    row.total,
  ];
  const text = JSON.stringify([...said, row.station, row.lat, row.lng, row.plate].map((value) => value ?? null));
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * The field where columns slipped so that it has a card's number, or null. Transactions have numbers as long as cards, of which every
 * tenth has a right check digit: one is refused where it ends as the card of its row does, too.
 */
export function saysCardNumber({
  card,
  transaction,
  ...row
}: CardFileRow): 'transaction' | 'provider' | 'station' | 'plate' | null {
  const digits = transaction?.replace(/[ -]/g, '') ?? '';
  if (/^\d{16,19}$/.test(digits) && digits.endsWith(card) && passesLuhn(digits)) return 'transaction';
  return (['provider', 'station', 'plate'] as const).find((name) => holdsLongNumber(row[name] ?? '')) ?? null;
}

/** By what a row of a provider is known again: its transaction number, else all that it says. */
export const rowKeyOf = (row: CardFileRow): string => (row.transaction ? `t:${row.transaction}` : `d:${digestOf(row)}`);

/** A row of a card, as it is compared. Milliseconds; `quantity` in smallest units. */
export interface CardRow {
  id: string;
  /** The same whenever and in whatever order rows come. */
  key: string;
  cardId: string;
  at: number;
  fuelType: Fuel | null;
  quantity: number;
  amount: number | null;
  currency: string | null;
  lat: number | null;
  lng: number | null;
  /** How near the vehicle came to the station then; null where nobody knows. */
  nearestMetres: number | null;
  decision: CardDecision | null;
  /** What it was given stays: people wrote on it. */
  fixed: boolean;
}

/** What was filled in as people or the sensor tell it: what a row may be. */
export interface Filling {
  kind: 'entry' | 'change';
  id: string;
  from: number;
  to: number;
  quantity: number;
  unit: FuelUnit | null;
  lat: number | null;
  lng: number | null;
}

export interface RowVehicle {
  fuelType: FuelType;
  tankCapacity: number | null;
}

/** How far apart in time and place a row and a filling are at most; also how far from the station a vehicle may seem. */
export const NEAR_MS = 30 * 60_000;
export const NEAR_METRES = 500;
/** How far apart in volume: a tenth, or what a sensor errs. */
const TOLERANCE = 0.1;
const LEAST = 2_000;
/** The same amount twice on one card within so long is one transaction told twice. */
const TWICE_MS = 10 * 60_000;
const DEGREE_METRES = 111_195;

export const metresBetween = (a: { lat: number; lng: number }, b: { lat: number; lng: number }): number =>
  Math.hypot((a.lat - b.lat) * DEGREE_METRES, (a.lng - b.lng) * DEGREE_METRES * Math.cos((a.lat * Math.PI) / 180));

/** The unit that a row's quantity is in: of its fuel, else of what the vehicle takes. */
export const unitOfRow = (fuelType: Fuel | null, vehicle: RowVehicle | null): FuelUnit | null =>
  smallestUnitOf(fuelType ?? vehicle?.fuelType ?? 'none');

const gapOf = ({ at }: CardRow, { from, to }: Filling): number => Math.max(from - at, at - to, 0);

function isNear(row: CardRow, filling: Filling, unit: FuelUnit | null): boolean {
  if (filling.unit !== unit || gapOf(row, filling) > NEAR_MS) return false;
  if (Math.abs(row.quantity - filling.quantity) > Math.max(LEAST, TOLERANCE * filling.quantity)) return false;
  const [here, there] = [placeOf(row), placeOf(filling)];
  return here === null || there === null || metresBetween(here, there) <= NEAR_METRES;
}

const placeOf = ({ lat, lng }: { lat: number | null; lng: number | null }) =>
  lat === null || lng === null ? null : { lat, lng };

const inOrder = (a: CardRow, b: CardRow): number => a.at - b.at || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

const saysSame = (a: CardRow, b: CardRow): boolean =>
  a.quantity === b.quantity && a.amount === b.amount && a.currency === b.currency && a.fuelType === b.fuelType;

/** Rows that say again what an earlier one of the same card said that nobody disputes, unless people accepted them. */
export function duplicatesOf(rows: readonly CardRow[]): Set<string> {
  const found = new Set<string>();
  const kept: CardRow[] = [];
  for (const row of [...rows].sort(inOrder)) {
    const twice = kept.some(
      (first) => first.cardId === row.cardId && row.at - first.at <= TWICE_MS && saysSame(first, row),
    );
    if (twice) found.add(row.id);
    else if (row.decision !== 'disputed') kept.push(row);
  }
  return found;
}

/**
 * Gives rows of one vehicle the fillings that they are: of all pairs that are near enough in time, place and volume, those
 * nearest in time first, each once; what was told twice comes last. The same whatever order rows come in, and when it is done again.
 * @returns fillings by the ids of rows; rows that are none are missing
 */
export function matched(
  rows: readonly CardRow[],
  fillings: readonly Filling[],
  vehicle: RowVehicle,
): Map<string, Filling> {
  const twice = duplicatesOf(rows);
  const free = rows.filter(
    ({ id, decision, fixed }) => !fixed && decision !== 'disputed' && (decision === 'accepted' || !twice.has(id)),
  );
  const pairs = free.flatMap((row) => {
    const unit = unitOfRow(row.fuelType, vehicle);
    return fillings
      .filter((filling) => isNear(row, filling, unit))
      .map((filling) => ({ row, filling, gap: gapOf(row, filling), off: Math.abs(row.quantity - filling.quantity) }));
  });
  pairs.sort(
    (a, b) =>
      Number(twice.has(a.row.id)) - Number(twice.has(b.row.id)) ||
      a.gap - b.gap ||
      a.off - b.off ||
      inOrder(a.row, b.row) ||
      (a.filling.id < b.filling.id ? -1 : 1),
  );
  const found = new Map<string, Filling>();
  const taken = new Set<string>();
  for (const { row, filling } of pairs) {
    if (found.has(row.id) || taken.has(filling.id)) continue;
    found.set(row.id, filling);
    taken.add(filling.id);
  }
  return found;
}

const HYBRID: readonly Fuel[] = ['petrol', 'diesel', 'electric'];

/** What is wrong with a row; `vehicle` null: nobody knows whose it is. */
export function flagsOf(
  row: CardRow,
  vehicle: RowVehicle | null,
  { found, twice }: { found: boolean; twice: boolean },
): CardFlag[] {
  const flags: CardFlag[] = [];
  if (!found) flags.push('unmatched');
  const own = vehicle && smallestUnitOf(vehicle.fuelType);
  if (vehicle && unitOfRow(row.fuelType, vehicle) === own && exceedsTank(row.quantity, vehicle.tankCapacity))
    flags.push('exceeds_tank');
  if (row.nearestMetres !== null && row.nearestMetres > NEAR_METRES) flags.push('vehicle_elsewhere');
  if (vehicle && row.fuelType && isWrong(row.fuelType, vehicle.fuelType)) flags.push('wrong_fuel');
  if (twice) flags.push('duplicate');
  return flags;
}

/** A hybrid takes what it burns, or is charged; what a trailer's cooler burns is not known. */
const isWrong = (fuel: Fuel, takes: FuelType): boolean =>
  takes !== 'none' && fuel !== takes && !(takes === 'hybrid' && HYBRID.includes(fuel));

/**
 * The ids of what lies in a stretch of time around [from, to] with everything that is near what is in it: nothing beyond bears on
 * it. Items have a beginning and an end.
 */
export function stretchAround(
  items: readonly { id: string; from: number; to: number }[],
  from: number,
  to: number,
): Set<string> {
  const sorted = [...items].sort((a, b) => a.from - b.from);
  let [begin, end] = [from, to];
  for (let grown = true; grown;) {
    grown = false;
    for (const item of sorted) {
      if (item.to < begin - NEAR_MS || item.from > end + NEAR_MS || (item.from >= begin && item.to <= end)) continue;
      begin = Math.min(begin, item.from);
      end = Math.max(end, item.to);
      grown = true;
    }
  }
  return new Set(items.filter((item) => item.from <= end && item.to >= begin).map(({ id }) => id));
}
