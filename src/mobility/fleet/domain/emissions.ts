import type { FuelType, VehicleClass } from './vehicle';

/** Kinds of fuel that are burnt or used up. */
export type BurntFuel = Exclude<FuelType, 'none'>;
export const BURNT_FUELS = ['petrol', 'diesel', 'lpg', 'cng', 'hydrogen', 'hybrid', 'electric'] as const;

/** Kilograms of CO2 equivalents for a litre, kilogram or kilowatt hour of a fuel. */
export interface Co2Factor {
  /** Out of the exhaust. */
  tankToWheel: number;
  /** With what making and bringing the fuel took. */
  wellToWheel: number;
}

export const EN_16258 = 'EN 16258:2012, table A.1';

/**
 * Factors of the product. Petrol, diesel, LPG and CNG without biofuel: EN 16258:2012, table A.1. A hybrid is filled with
 * petrol. Electricity: the mix of the EU of 2022, of the order that the European Environment Agency publishes. Hydrogen:
 * made of natural gas, of the order of JEC Well-to-Tank v5. Both depend on who supplies them: an organization sets its own.
 */
export const CO2_FACTORS: Record<BurntFuel, Co2Factor & { source: string }> = {
  petrol: { tankToWheel: 2.42, wellToWheel: 2.88, source: EN_16258 },
  diesel: { tankToWheel: 2.67, wellToWheel: 3.24, source: EN_16258 },
  lpg: { tankToWheel: 1.7, wellToWheel: 1.9, source: EN_16258 },
  cng: { tankToWheel: 2.68, wellToWheel: 3.07, source: EN_16258 },
  hybrid: { tankToWheel: 2.42, wellToWheel: 2.88, source: EN_16258 },
  hydrogen: { tankToWheel: 0, wellToWheel: 12.5, source: 'JEC Well-to-Tank v5 (from natural gas), rounded' },
  electric: { tankToWheel: 0, wellToWheel: 0.25, source: 'EEA, mix of the EU of 2022, rounded' },
};

type Energy = 'l' | 'kg' | 'kgHydrogen' | 'kWh';
export const energyOf = (fuel: BurntFuel): Energy =>
  fuel === 'electric' ? 'kWh' : fuel === 'hydrogen' ? 'kgHydrogen' : fuel === 'cng' ? 'kg' : 'l';

/** What a class takes for 100 km (a machine and a trailer: nothing), rough means for where the vehicle has no norm of its own. */
export const CLASS_CONSUMPTION: Record<VehicleClass, Record<Energy, number>> = {
  car: { l: 7, kg: 5, kgHydrogen: 1, kWh: 19 },
  van: { l: 9.5, kg: 7, kgHydrogen: 1.5, kWh: 28 },
  truck: { l: 30, kg: 25, kgHydrogen: 8, kWh: 120 },
  bus: { l: 32, kg: 27, kgHydrogen: 8, kWh: 120 },
  motorcycle: { l: 4.5, kg: 3, kgHydrogen: 0.5, kWh: 7 },
  machine: { l: 0, kg: 0, kgHydrogen: 0, kWh: 0 },
  trailer: { l: 0, kg: 0, kgHydrogen: 0, kWh: 0 },
};

/** What a class takes in an hour of standing with its engine on; of the order of the idling figures of the US Department of Energy. */
export const CLASS_IDLE: Record<VehicleClass, Record<Energy, number>> = {
  car: { l: 0.8, kg: 0.6, kgHydrogen: 0.1, kWh: 1 },
  van: { l: 1.2, kg: 0.9, kgHydrogen: 0.15, kWh: 1.5 },
  truck: { l: 2.5, kg: 1.9, kgHydrogen: 0.3, kWh: 3 },
  bus: { l: 3.5, kg: 2.6, kgHydrogen: 0.4, kWh: 5 },
  motorcycle: { l: 0.4, kg: 0.3, kgHydrogen: 0.05, kWh: 0.2 },
  machine: { l: 4, kg: 3, kgHydrogen: 0.5, kWh: 6 },
  trailer: { l: 0, kg: 0, kgHydrogen: 0, kWh: 0 },
};
