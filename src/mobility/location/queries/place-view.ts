import type { Database } from '../../../kernel/database/database';
import { hoursView, isOpen, nextChange, type HoursView, type OpeningHours } from '../domain/opening-hours';

export interface PlacePrice {
  product: string;
  unit: string;
  quantity: number;
  price: { amount: number; currency: string };
  toldAt: string;
}

export interface PlaceAvailability {
  resource: string;
  free: number;
  total: number | null;
  toldAt: string;
  expiresAt: string;
  /** What was told holds no longer. */
  expired: boolean;
}

export interface PlaceDetails {
  id: string;
  name: string;
  kind: string;
  lat: number;
  lng: number;
  address: {
    line1: string | null;
    city: string | null;
    postalCode: string | null;
    region: string | null;
    country: string | null;
  };
  phone: string | null;
  email: string | null;
  website: string | null;
  openingHours: HoursView | null;
  /** At the time that is asked for; null where it is not known. */
  open: boolean | null;
  nextChange: string | null;
  services: string[];
  listed: boolean;
  source: string | null;
  externalId: string | null;
  rating: { average: number | null; count: number };
  prices: PlacePrice[];
  availability: PlaceAvailability[];
  version: number;
  createdAt: string;
  updatedAt: string;
}

interface Told {
  told_at: string;
}

export interface PlaceRow {
  id: string;
  name: string;
  kind: string;
  lat: number;
  lng: number;
  line1: string | null;
  city: string | null;
  postal_code: string | null;
  region: string | null;
  country: string | null;
  phone: string | null;
  email: string | null;
  website: string | null;
  hours: OpeningHours | null;
  services: string[];
  listed: boolean;
  source: string | null;
  external_id: string | null;
  rating_count: number;
  rating_sum: number;
  version: number;
  created_at: Date;
  updated_at: Date;
  prices: (Told & { product: string; unit: string; quantity: number; amount: number; currency: string })[];
  availability: (Told & { resource: string; free: number; total: number | null; expires_at: string })[];
}

/** Columns of rows `p` of location.places, as `placeView` reads them. */
export const OWN_COLUMNS = `p.id, p.name, p.kind, p.lat, p.lng, p.line1, p.city, p.postal_code, p.region, p.country, p.phone, p.email, p.website,
  p.hours, p.services, p.listed, p.source, p.external_id, p.rating_count, p.rating_sum, p.version, p.created_at, p.updated_at`;

/** What is told of rows `p`: few rows each, by their unique keys. */
export const TOLD_COLUMNS = `(select coalesce(json_agg(json_build_object('product', t.product, 'unit', t.unit, 'quantity', t.quantity, 'amount', t.amount,
    'currency', t.currency, 'told_at', t.told_at) order by t.product, t.unit), '[]')
    from location.place_prices t where t.tenant_id = kernel.tenant_id() and t.place_id = p.id and t.withdrawn_at is null) as prices,
  (select coalesce(json_agg(json_build_object('resource', t.resource, 'free', t.free, 'total', t.total, 'told_at', t.told_at,
    'expires_at', t.expires_at) order by t.resource), '[]')
    from location.place_availability t where t.tenant_id = kernel.tenant_id() and t.place_id = p.id and t.withdrawn_at is null) as availability`;

/** The place as it is now, where it exists for the reader. Inside a unit of work with what that wrote. */
export async function findPlace(
  database: Pick<Database, 'read'>,
  placeId: string,
  { listedAlone = false, at, now }: { listedAlone?: boolean; at?: number; now: number },
): Promise<PlaceDetails | null> {
  const [row] = await database.read<PlaceRow>(
    `select ${OWN_COLUMNS}, ${TOLD_COLUMNS} from location.places p
     where p.tenant_id = kernel.tenant_id() and p.id = $1 and (p.listed or not $2::boolean)`,
    [placeId, listedAlone],
  );
  return row ? placeView(row, at ?? now, now) : null;
}

const time = (text: string): string => new Date(text).toISOString();

/** A place as it is shown. @param at instant of `open`; @param now against which what was told expires */
export function placeView(row: PlaceRow, at: number, now: number): PlaceDetails {
  const { line1, city, postal_code: postalCode, region, country, hours, rating_count: count } = row;
  const next = hours && nextChange(hours, at);
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    lat: row.lat,
    lng: row.lng,
    address: { line1, city, postalCode, region, country },
    phone: row.phone,
    email: row.email,
    website: row.website,
    openingHours: hours && hoursView(hours),
    open: hours && isOpen(hours, at),
    nextChange: next === null ? null : new Date(next).toISOString(),
    services: row.services,
    listed: row.listed,
    source: row.source,
    externalId: row.external_id,
    rating: { average: count === 0 ? null : Math.round((row.rating_sum / count) * 100) / 100, count },
    prices: row.prices.map(({ product, unit, quantity, amount, currency, told_at: toldAt }) => ({
      product,
      unit,
      quantity,
      price: { amount, currency },
      toldAt: time(toldAt),
    })),
    availability: row.availability.map(({ resource, free, total, told_at: toldAt, expires_at: expiresAt }) => ({
      resource,
      free,
      total,
      toldAt: time(toldAt),
      expiresAt: time(expiresAt),
      expired: Date.parse(expiresAt) <= now,
    })),
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
