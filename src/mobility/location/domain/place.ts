import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { fold } from '../../../kernel/text/fold';
import type { OpeningHours } from './opening-hours';
import { sourceIncomplete } from './places.errors';

/** Kinds of place that every tenant has; others are a tenant's own. */
export const KINDS = {
  fuel_station: 'Fuel station',
  charger: 'Charger',
  workshop: 'Workshop',
  parking: 'Parking',
  depot: 'Depot',
  shop: 'Shop',
  customer_site: 'Customer site',
} as const;

export const KIND_PATTERN = /^[a-z][a-z0-9_]{0,39}$/;
/** Most prices, and most resources, that a place has at once. */
export const MOST_TOLD = 200;
/** How far the clock of whoever tells may be ahead, and how old news may be (milliseconds). */
export const AHEAD_MS = 300_000;
export const MOST_AGE_MS = 3 * 366 * 86_400_000;
/** Names of services, products, units and resources. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9_.-]{0,39}$/;

export interface PlaceKind {
  /** Null of the product's own. */
  id: string | null;
  key: string;
  name: string;
  /** One of the product's, which every tenant has. */
  builtIn: boolean;
}

/** What of a place may be changed; null empties. */
export interface PlaceData {
  name: string;
  kind: string;
  lat: number;
  lng: number;
  line1: string | null;
  city: string | null;
  postalCode: string | null;
  region: string | null;
  country: string | null;
  phone: string | null;
  email: string | null;
  website: string | null;
  hours: OpeningHours | null;
  services: string[];
  listed: boolean;
  source: string | null;
  externalId: string | null;
}

const EMPTY: Omit<PlaceData, 'name' | 'kind' | 'lat' | 'lng'> = {
  line1: null,
  city: null,
  postalCode: null,
  region: null,
  country: null,
  phone: null,
  email: null,
  website: null,
  hours: null,
  services: [],
  listed: false,
  source: null,
  externalId: null,
};

/** Something at a point: what it is, where, when it is open, and whom to ask. Its rating is kept by `ReviewRepository`. */
@Entity({ schema: 'location', name: 'places' })
export class Place {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('text') kind: string;
  @Column('float8') lat: number;
  /** In [-180, 180). */
  @Column('float8') lng: number;
  @Column('text', { nullable: true }) line1: string | null;
  @Column('text', { nullable: true }) city: string | null;
  @Column('text', { name: 'postal_code', nullable: true }) postalCode: string | null;
  @Column('text', { nullable: true }) region: string | null;
  /** ISO 3166-1 alpha-2. */
  @Column('text', { nullable: true }) country: string | null;
  @Column('text', { nullable: true }) phone: string | null;
  @Column('text', { nullable: true }) email: string | null;
  @Column('text', { nullable: true }) website: string | null;
  @Column('jsonb', { nullable: true }) hours: OpeningHours | null;
  @Column('text', { array: true }) services: string[];
  /** Shown to everybody of the organization, customers included. */
  @Column('boolean') listed: boolean;
  @Column('text', { nullable: true }) source: string | null;
  @Column('text', { name: 'external_id', nullable: true }) externalId: string | null;
  @Column('text', { name: 'search_text' }) searchText: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(data: Partial<PlaceData> & Pick<PlaceData, 'name' | 'kind' | 'lat' | 'lng'>, at: Date): Place {
    const place = Object.assign(new Place(), EMPTY, { id: newId(), createdAt: at });
    place.change(data, at);
    return place;
  }

  /**
   * Changes what is named. @returns false when nothing is different
   * @throws AppError invalid `location.place-source-incomplete` for a source without an id there, and the other way round
   */
  change(change: Partial<PlaceData>, at: Date): boolean {
    const before = this.state();
    const named = Object.entries(change).filter(([, value]) => value !== undefined);
    Object.assign(this, Object.fromEntries(named));
    if ((this.source === null) !== (this.externalId === null))
      throw sourceIncomplete(this.source === null ? '/source' : '/externalId');
    this.name = this.name.trim();
    // The two names of the antimeridian are one place.
    if (this.lng === 180) this.lng = -180;
    this.services = [...new Set(this.services)].sort();
    this.nameKey = fold(this.name);
    this.searchText = fold(
      [this.name, this.line1, this.postalCode, this.city, this.region, this.externalId].filter(Boolean).join(' '),
    );
    if (this.state() === before) return false;
    this.updatedAt = at;
    return true;
  }

  private state(): string {
    return JSON.stringify(
      [...Object.keys(EMPTY), 'name', 'kind', 'lat', 'lng'].map((key) => sorted(this[key as keyof PlaceData])),
    );
  }
}

/** jsonb keeps no order of its members. */
const sorted = (value: unknown): unknown =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, one]) => [key, sorted(one)]),
      )
    : value;
