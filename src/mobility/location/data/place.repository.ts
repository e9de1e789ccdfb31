import { Injectable } from '@nestjs/common';
import type { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { AHEAD_MS, KINDS, MOST_AGE_MS, MOST_TOLD, type Place } from '../domain/place';
import { externalIdTaken, hoursInvalid, importOvertaken, kindUnknown, placeNotFound } from '../domain/places.errors';

/** A price as it is told: `amount` minor units for `quantity` units. */
export interface ToldPrice {
  product: string;
  unit: string;
  quantity: number;
  amount: number;
  currency: string;
}

export interface ToldAvailability {
  resource: string;
  free: number;
  total: number | null;
}

const IMPORTED = `id uuid, name text, name_key text, kind text, lat float8, lng float8, line1 text, city text, postal_code text, region text,
  country text, phone text, email text, website text, hours jsonb, services text[], listed boolean, source text, external_id text,
  search_text text, created_at timestamptz, updated_at timestamptz`;
const NAMES = IMPORTED.split(',').map((column) => column.trim().split(' ')[0]);

const isTaken = (error: unknown): boolean =>
  (error as { code?: string }).code === '23505' && (error as { constraint?: string }).constraint === 'places_external';

/** Places, their kinds, and what is told of them. */
@Injectable()
export class PlaceRepository {
  /** Zones that the database knows as well. */
  private readonly zones = new Set<string>(['UTC']);

  /** Locks the place: whoever tells of it follows each other. @throws AppError not-found `location.place-not-found` */
  async hold(tx: Transaction, placeId: string): Promise<void> {
    const [found] = await tx.query(
      'select 1 as found from location.places where tenant_id = $1 and id = $2 for no key update',
      [tx.tenantId, placeId],
    );
    if (!found) throw placeNotFound();
  }

  /** Where places lie that may be there, as they are committed now. */
  whereabouts(
    database: Pick<Database, 'read'>,
    ids: string[],
  ): Promise<{ country: string | null; region: string | null; lat: number; lng: number }[]> {
    return database.read(
      'select country, region, lat, lng from location.places where tenant_id = kernel.tenant_id() and id = any($1::uuid[])',
      [ids],
    );
  }

  /** What the hours of places in an import hang on, by source and id there, as they are committed now. */
  async imported(
    database: Pick<Database, 'read'>,
    source: string[],
    externalId: string[],
  ): Promise<
    { source: string; externalId: string; country: string | null; region: string | null; zone: string | null }[]
  > {
    return database.read(
      `select source, external_id as "externalId", country, region, hours ->> 'zone' as zone from location.places
       where tenant_id = kernel.tenant_id() and source = any($1) and external_id = any($2)`,
      [source, externalId],
    );
  }

  /** Keeps kinds of the tenant's own from being deleted until the commit. @returns those that are not known */
  async unknownKinds(tx: Transaction, kinds: Iterable<string>): Promise<string[]> {
    const own = [...new Set(kinds)].filter((kind) => !Object.hasOwn(KINDS, kind)).sort();
    if (own.length === 0) return [];
    const rows = await tx.query<{ key: string }>(
      'select key from location.place_kinds where tenant_id = $1 and key = any($2) order by id for key share',
      [tx.tenantId, own],
    );
    return own.filter((kind) => !rows.some(({ key }) => key === kind));
  }

  /** @throws AppError invalid `location.place-kind-unknown` */
  async assertKind(tx: Transaction, kind: string): Promise<void> {
    if ((await this.unknownKinds(tx, [kind])).length > 0) throw kindUnknown(kind);
  }

  /** Whether the database knows a time zone: its own list may be older than ours, and a search must not fail of it. */
  async knowsZone(tx: Transaction, zone: string): Promise<boolean> {
    if (this.zones.has(zone)) return true;
    try {
      await tx.savepoint(() => tx.query('select kernel.now() at time zone $1 as wall', [zone]));
    } catch (error) {
      if ((error as { code?: string }).code === '22023') return false;
      throw error;
    }
    this.zones.add(zone);
    return true;
  }

  /** @throws AppError invalid `location.opening-hours-invalid` */
  async assertZone(tx: Transaction, zone: string): Promise<void> {
    if (await this.knowsZone(tx, zone)) return;
    throw hoursInvalid({ pointer: '/zone', code: 'zone', detail: `"${zone}" is a time zone that is not known here.` });
  }

  /** @throws AppError conflict `location.place-external-id-taken` */
  async save(tx: Transaction, place: Place, isNew: boolean): Promise<void> {
    try {
      await (isNew ? tx.store.insert(place) : tx.store.update(place));
    } catch (error) {
      if (isTaken(error)) throw externalIdTaken();
      throw error;
    }
  }

  /** Writes places of an import: one statement for any number of them. @throws AppError conflict `location.import-overtaken` */
  async saveAll(tx: Transaction, created: Place[], changed: Place[]): Promise<void> {
    const records = (places: Place[]): string => JSON.stringify(places.map(record));
    try {
      if (created.length > 0)
        await tx.execute(
          `insert into location.places (tenant_id, version, ${NAMES.join(', ')})
           select $1, 1, ${NAMES.join(', ')} from json_to_recordset($2::json) as x(${IMPORTED})`,
          [tx.tenantId, records(created)],
        );
    } catch (error) {
      if (isTaken(error)) throw importOvertaken();
      throw error;
    }
    if (changed.length > 0)
      await tx.execute(
        `update location.places p set ${NAMES.slice(1)
          .map((name) => `${name} = x.${name}`)
          .join(', ')}, version = p.version + 1
         from json_to_recordset($2::json) as x(${IMPORTED}) where p.tenant_id = $1 and p.id = x.id`,
        [tx.tenantId, records(changed)],
      );
  }

  /**
   * Each telling is kept; of a product and unit the one of the latest time is the price, and the place has those told last.
   * @param isNews it is told as of now: it counts whatever is there, which another clock may have told ahead of this one
   */
  async tellPrices(
    tx: Transaction,
    placeId: string,
    prices: ToldPrice[],
    { toldAt, isNews }: { toldAt: Date; isNews: boolean },
    by: string | null,
  ): Promise<void> {
    const told = (table: string): string => `insert into location.${table}
      (tenant_id, id, place_id, product, unit, quantity, amount, currency, told_at, told_by)
      select $1, x.id, $2, x.product, x.unit, x.quantity, x.amount, x.currency, $3, $4
      from json_to_recordset($5::json) as x(id uuid, product text, unit text, quantity int, amount bigint, currency text)
      order by x.product, x.unit`;
    const params = [
      tx.tenantId,
      placeId,
      toldAt,
      by,
      JSON.stringify(prices.map((price) => ({ id: newId(), ...price }))),
    ];
    await tx.execute(`${told('place_price_history')} on conflict do nothing`, params);
    await tx.execute(
      `${told('place_prices')} on conflict (tenant_id, place_id, product, unit) do update set quantity = excluded.quantity,
         amount = excluded.amount, currency = excluded.currency, told_at = excluded.told_at, told_by = excluded.told_by,
         withdrawn_at = null
       where $6 or place_prices.told_at <= excluded.told_at`,
      [...params, isNews],
    );
    await this.keepLatest(tx, 'place_prices', placeId, toldAt);
  }

  /** A place that is held shows what was told last. What was taken back stays until news is too old to be told that would bring it back. */
  private async keepLatest(
    tx: Transaction,
    table: 'place_prices' | 'place_availability',
    placeId: string,
    toldAt: Date,
  ): Promise<void> {
    await tx.execute(
      `delete from location.${table} where tenant_id = $1 and (id in (select t.id from location.${table} t
           where t.tenant_id = $1 and t.place_id = $2 and t.withdrawn_at is null order by t.told_at desc, t.id offset $3)
         or (place_id = $2 and withdrawn_at is not null and told_at < $4))`,
      [tx.tenantId, placeId, MOST_TOLD, new Date(toldAt.getTime() - AHEAD_MS - MOST_AGE_MS)],
    );
  }

  /** Of each resource the word of the latest time counts, or what is told as of now; the place has those told last. */
  async tellAvailability(
    tx: Transaction,
    placeId: string,
    told: ToldAvailability[],
    times: { toldAt: Date; expiresAt: Date; isNews: boolean },
  ): Promise<void> {
    await tx.execute(
      `insert into location.place_availability (tenant_id, id, place_id, resource, free, total, told_at, expires_at)
       select $1, x.id, $2, x.resource, x.free, x.total, $3, $4
       from json_to_recordset($5::json) as x(id uuid, resource text, free int, total int) order by x.resource
       on conflict (tenant_id, place_id, resource) do update set free = excluded.free, total = excluded.total,
         told_at = excluded.told_at, expires_at = excluded.expires_at, withdrawn_at = null
       where $6 or place_availability.told_at <= excluded.told_at`,
      [
        tx.tenantId,
        placeId,
        times.toldAt,
        times.expiresAt,
        JSON.stringify(told.map((one) => ({ id: newId(), ...one }))),
        times.isNews,
      ],
    );
    await this.keepLatest(tx, 'place_availability', placeId, times.toldAt);
  }

  /** Takes a price back, as news of this moment: older news does not bring it back. @returns false where there is none */
  async withdrawPrice(tx: Transaction, placeId: string, product: string, unit: string, at: Date): Promise<boolean> {
    const taken = await tx.execute(
      `update location.place_prices set withdrawn_at = $5, told_at = $5
       where tenant_id = $1 and place_id = $2 and product = $3 and unit = $4 and withdrawn_at is null`,
      [tx.tenantId, placeId, product, unit, at],
    );
    return taken > 0;
  }

  /** Takes back what is free of a resource, likewise. @returns false where nothing is told of it */
  async withdrawAvailability(tx: Transaction, placeId: string, resource: string, at: Date): Promise<boolean> {
    const taken = await tx.execute(
      `update location.place_availability set withdrawn_at = $4, told_at = $4
       where tenant_id = $1 and place_id = $2 and resource = $3 and withdrawn_at is null`,
      [tx.tenantId, placeId, resource, at],
    );
    return taken > 0;
  }
}

const record = (it: Place): Record<string, unknown> => ({
  ...it,
  name_key: it.nameKey,
  postal_code: it.postalCode,
  external_id: it.externalId,
  search_text: it.searchText,
  created_at: it.createdAt,
  updated_at: it.updatedAt,
});
