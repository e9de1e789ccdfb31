import { fuelUnitOf, type FuelType } from './vehicle';

/** Kinds of fuel that can be filled in. */
export const FUELS = ['petrol', 'diesel', 'lpg', 'cng', 'hydrogen', 'hybrid', 'electric'] as const;
export type Fuel = (typeof FUELS)[number];
/** Smallest units: millilitres, grams, watt hours. */
export const FUEL_UNITS = ['ml', 'g', 'wh'] as const;
export type FuelUnit = (typeof FUEL_UNITS)[number];
/** Told by people, from a row of a fuel card, or seen by the sensor of the tank. */
export const FUEL_SOURCES = ['manual', 'card', 'detected'] as const;
export type FuelSource = (typeof FUEL_SOURCES)[number];

export const FUEL_CHANGE_STATES = ['open', 'confirmed', 'dismissed', 'withdrawn'] as const;
/** `withdrawn`: positions that came later say that there was none. */
export type FuelChangeState = (typeof FUEL_CHANGE_STATES)[number];

const UNIT: Record<'l' | 'kg' | 'kWh', FuelUnit> = { l: 'ml', kg: 'g', kWh: 'wh' };

/** Whose file a receipt of what was filled in is. */
export const ownerOfReceipt = (id: string) => ({ kind: 'fleet-fuel-entry', id });

/** The smallest unit of a kind of fuel; null where none is filled in. */
export const smallestUnitOf = (fuel: FuelType): FuelUnit | null => {
  const unit = fuelUnitOf(fuel);
  return unit && UNIT[unit];
};

/** How much a tank holds, in smallest units: capacities are litres, kilograms or kilowatt hours. */
export const tankOf = (capacity: number | null): number | null =>
  capacity === null ? null : Math.round(capacity * 1000);

/** A tank takes a little more than its book says. */
const OVER = 1.05;

/** More than the tank holds was filled in; false where that is not known. */
export const exceedsTank = (quantity: number, capacity: number | null): boolean =>
  capacity !== null && quantity > capacity * 1000 * OVER;
