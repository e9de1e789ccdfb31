import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { providerKeyOf } from '../domain/fuel-card';
import { cardAssignmentOverlaps } from '../domain/fuel-card.errors';

export interface FuelCardRef {
  id: string;
  providerKey: string;
  lastFour: string;
}

const EXCLUSION_VIOLATION = '23P01';

/** Fuel cards, and whose they are when. Cards are locked before vehicles, in the order of provider and digits. */
@Injectable()
export class FuelCardRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** @returns false where the card is known */
  async insert(
    card: { id: string; provider: string; lastFour: string; label: string | null },
    by: string | null,
  ): Promise<boolean> {
    const tx = this.uow.current();
    const { id, provider, lastFour, label } = card;
    const rows = await tx.query(
      `insert into fleet.fuel_cards (tenant_id, id, provider, provider_key, last_four, label, created_by, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now(), kernel.now()) on conflict do nothing returning id`,
      [tx.tenantId, id, provider.trim(), providerKeyOf(provider), lastFour, label, by],
    );
    return rows.length > 0;
  }

  /** Cards that rows name, those that nobody knew made; all locked until the commit. */
  async demand(wanted: readonly { provider: string; card: string }[], by: string | null): Promise<FuelCardRef[]> {
    const tx = this.uow.current();
    const named = [...new Map(wanted.map((it) => [`${providerKeyOf(it.provider)}\n${it.card}`, it])).entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, it]) => it);
    const keys = named.map(({ provider }) => providerKeyOf(provider));
    const digits = named.map(({ card }) => card);
    await tx.execute(
      `insert into fleet.fuel_cards (tenant_id, id, provider, provider_key, last_four, created_by, created_at, updated_at)
       select $1, x.id, x.provider, x.key, x.digits, $6, kernel.now(), kernel.now()
       from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) as x(id, provider, key, digits) on conflict do nothing`,
      [tx.tenantId, named.map(() => newId()), named.map(({ provider }) => provider.trim()), keys, digits, by],
    );
    return tx.query<FuelCardRef>(
      `select id, provider_key as "providerKey", last_four as "lastFour" from fleet.fuel_cards
       where tenant_id = $1 and (provider_key, last_four) in (select * from unnest($2::text[], $3::bpchar[]))
       order by provider_key, last_four for no key update`,
      [tx.tenantId, keys, digits],
    );
  }

  async lock(id: string): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query('select from fleet.fuel_cards where tenant_id = $1 and id = $2 for no key update', [
      ...[tx.tenantId, id],
    ]);
    return rows.length > 0;
  }

  async setLabel(id: string, label: string | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      'update fleet.fuel_cards set label = $3, updated_at = kernel.now() where tenant_id = $1 and id = $2',
      [tx.tenantId, id, label],
    );
  }

  /** Whether a vehicle, or a driver who is not forgotten, is there. */
  async isThere(holder: { vehicleId: string } | { driverId: string }): Promise<boolean> {
    const tx = this.uow.current();
    const statement =
      'vehicleId' in holder
        ? 'select from fleet.vehicles where tenant_id = $1 and id = $2'
        : 'select from fleet.drivers where tenant_id = $1 and id = $2 and forgotten_at is null';
    return (await tx.query(statement, [tx.tenantId, Object.values(holder)[0]])).length > 0;
  }

  /** Whoever has the card until further notice has it until this time; what was to begin then or later stays. */
  async cut(cardId: string, at: Date): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query(
      `update fleet.fuel_card_assignments set during = tstzrange(lower(during), $3, '[)')
       where tenant_id = $1 and card_id = $2 and upper(during) is null and lower(during) < $3 returning id`,
      [tx.tenantId, cardId, at],
    );
    return rows.length > 0;
  }

  /** @throws AppError conflict `fleet.card-assignment-overlaps` */
  async assign(
    row: {
      id: string;
      cardId: string;
      vehicleId: string | null;
      driverId: string | null;
      from: Date;
      until: Date | null;
    },
    by: string | null,
  ): Promise<void> {
    const tx = this.uow.current();
    const { id, cardId, vehicleId, driverId, from, until } = row;
    try {
      await tx.execute(
        `insert into fleet.fuel_card_assignments (tenant_id, id, card_id, vehicle_id, driver_id, during, assigned_by, created_at)
         values ($1, $2, $3, $4, $5, tstzrange($6, $7, '[)'), $8, kernel.now())`,
        [tx.tenantId, id, cardId, vehicleId, driverId, from, until, by],
      );
    } catch (error) {
      if ((error as { code?: string }).code !== EXCLUSION_VIOLATION) throw error;
      throw cardAssignmentOverlaps();
    }
  }

  /** Locks the cards that a driver had, or paid with: nothing is imported of them meanwhile. */
  async lockOfDriver(driverId: string): Promise<void> {
    const tx = this.uow.current();
    await tx.query(
      `select from fleet.fuel_cards c where tenant_id = $1 and id in (
         select card_id from fleet.fuel_card_assignments where tenant_id = $1 and driver_id = $2
         union all select card_id from fleet.fuel_card_rows where tenant_id = $1 and driver_id = $2)
       order by provider_key, last_four for no key update`,
      [tx.tenantId, driverId],
    );
  }

  /** A driver who is forgotten has no card any more, and no card is called like it. */
  async forgetDriver(driverId: string, at: Date): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.fuel_cards c set label = null, updated_at = kernel.now() where tenant_id = $1 and label is not null and exists (
         select from fleet.fuel_card_assignments a where a.tenant_id = $1 and a.card_id = c.id and a.driver_id = $2)`,
      [tx.tenantId, driverId],
    );
    await tx.execute(
      'delete from fleet.fuel_card_assignments where tenant_id = $1 and driver_id = $2 and lower(during) >= $3',
      [tx.tenantId, driverId, at],
    );
    await tx.execute(
      `update fleet.fuel_card_assignments set during = tstzrange(lower(during), $3, '[)')
       where tenant_id = $1 and driver_id = $2 and (upper(during) is null or upper(during) > $3)`,
      [tx.tenantId, driverId, at],
    );
    await tx.execute(
      `update fleet.fuel_card_rows set station = null, lat = null, lng = null, note = null
       where tenant_id = $1 and driver_id = $2 and num_nonnulls(station, lat, lng, note) > 0`,
      [tx.tenantId, driverId],
    );
  }
}
