import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import type { Destination } from './cart-quote';

/** What shipping costs from a weight (grams) or a price (minor units) on; null: it is not offered from there on. */
export interface ShippingRate {
  from: number;
  price: number | null;
}

/** Places with the same rates. Empty lists hold every place. */
export interface ShippingZone {
  /** ISO 3166-1 alpha-2. */
  countries: string[];
  regions: string[];
  /** Beginnings of postal codes, blanks and hyphens left out. */
  postalPrefixes: string[];
  /** By `from`, the first from 0. */
  rates: ShippingRate[];
  /** From so much goods on it costs nothing, minor units. */
  freeFrom: number | null;
}

export interface ShippingMethod {
  id: string;
  name: string;
  position: number;
  currency: string;
  rateBy: 'weight' | 'price';
  zones: ShippingZone[];
}

/** What is to be shipped: `goods` are the lines after their discounts, minor units. */
export interface Parcel {
  currency: string;
  destination: Destination;
  goods: number;
  weightGrams: number;
}

const bare = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '');

/** How closely a zone names a place: by postal code (the longer, the closer), region, country, or not at all; −1: it is not in it. */
function closeness({ countries, regions, postalPrefixes }: ShippingZone, place: Destination): number {
  if (countries.length > 0 && !countries.includes(place.country)) return -1;
  const region = place.region === null ? null : bare(place.region);
  if (regions.length > 0 && !regions.some((each) => bare(each) === region)) return -1;
  const code = place.postalCode === null ? null : bare(place.postalCode);
  const prefixes = postalPrefixes.filter((prefix) => code?.startsWith(bare(prefix)));
  if (postalPrefixes.length > 0 && prefixes.length === 0) return -1;
  const longest = Math.max(0, ...prefixes.map((prefix) => bare(prefix).length));
  return longest * 4 + (regions.length > 0 ? 2 : 0) + (countries.length > 0 ? 1 : 0);
}

/** The zone that names a place most closely, the earlier of equals; null where none holds it. */
export function zoneOf(method: ShippingMethod, place: Destination): ShippingZone | null {
  let found: { zone: ShippingZone; close: number } | null = null;
  for (const zone of method.zones) {
    const close = closeness(zone, place);
    if (close >= 0 && (!found || close > found.close)) found = { zone, close };
  }
  return found?.zone ?? null;
}

/** What a method costs for a parcel, minor units; null where it is not offered. */
export function priceOf(method: ShippingMethod, parcel: Parcel): number | null {
  if (method.currency !== parcel.currency) return null;
  const zone = zoneOf(method, parcel.destination);
  if (!zone) return null;
  const measure = method.rateBy === 'weight' ? parcel.weightGrams : parcel.goods;
  const rate = zone.rates.findLast(({ from }) => from <= measure);
  if (!rate || rate.price === null) return null;
  return zone.freeFrom !== null && parcel.goods >= zone.freeFrom ? 0 : rate.price;
}

/** @throws AppError invalid `orders.shipping-rates-invalid`: every zone has rates from 0 on, each from a higher weight or price */
export function checkZones(zones: readonly ShippingZone[]): void {
  zones.forEach(({ rates }, zone) => {
    rates.forEach(({ from }, rate) => {
      if (rate === 0 ? from !== 0 : from <= rates[rate - 1].from)
        throw invalid('orders.shipping-rates-invalid', 'The rates of a zone rise from 0.', {
          errors: [
            {
              pointer: `/zones/${zone}/rates/${rate}/from`,
              code: 'not-rising',
              detail: 'The first is from 0, each further one from more.',
            },
          ],
        });
    });
  });
}

export const shippingMethodNotFound = (): AppError =>
  notFound('orders.shipping-method-not-found', 'No such shipping method.');

export const unknownShippingMethod = (): AppError =>
  invalid('orders.unknown-shipping-method', 'There is no such shipping method.', {
    errors: [{ pointer: '/methodId', code: 'unknown', detail: 'The shop offers no shipping method with this id.' }],
  });

export const shippingMethodStale = (): AppError =>
  conflict('orders.shipping-method-stale', 'Somebody else changed the shipping method meanwhile.', {
    hint: 'Read it again and repeat the change.',
  });

export const shippingMethodNeeded = (): AppError =>
  conflict('orders.shipping-method-needed', 'It is not said how the order shall be shipped.', {
    hint: 'Choose one of GET /carts/:id/shipping-methods with PUT /carts/:id/shipping-method.',
  });

export const notShippable = (name: string): AppError =>
  conflict('orders.not-shippable', `${name} does not ship this to there.`, {
    hint: 'Choose one of GET /carts/:id/shipping-methods.',
  });

export const destinationNeeded = (): AppError =>
  conflict('orders.destination-needed', 'It is not said where the cart shall be sent.', {
    hint: 'Say so with PUT /carts/:id/destination.',
  });
