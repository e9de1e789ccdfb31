import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { AppError } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import { POSITIONS_KEPT_DAYS, PositionsOfTrackerQuery } from '../../location/contracts/tracks';
import { FuelCardMatchRepository, type EntryPrice } from '../data/fuel-card-match.repository';
import {
  FuelCardRowRepository,
  type EntryOfRow,
  type GivenRow,
  type StoredCardRow,
  type StoredFilling,
  type Stretch,
} from '../data/fuel-card-row.repository';
import { TripRepository } from '../data/trip.repository';
import {
  duplicatesOf,
  flagsOf,
  matched,
  metresBetween,
  NEAR_METRES,
  stretchAround,
  type RowVehicle,
} from '../domain/fuel-card';

/** A vehicle whose tracker spoke within so long was where it said. */
const SPOKE_MS = 600_000;
const OLDEST_MS = (POSITIONS_KEPT_DAYS - 1) * 86_400_000;

/** What a row is to have: an entry of others, a refill with an entry of its own, that alone, or nothing. */
interface Wanted {
  row: StoredCardRow;
  filling: StoredFilling | null;
  own: boolean;
  twice: boolean;
}

/** Gives rows of fuel cards what they are: the same whenever it is done, and in whatever order rows and fillings came. */
@Injectable()
export class FuelCardDesk {
  constructor(
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly trips: TripRepository,
    private readonly rows: FuelCardRowRepository,
    private readonly matches: FuelCardMatchRepository,
  ) {}

  /** Looks again at rows of one vehicle, which is locked, around a stretch of time. */
  async look(vehicleId: string, vehicle: RowVehicle, from: Date, to: Date): Promise<void> {
    await this.reconcile([{ vehicleId, from, to }], new Map([[vehicleId, vehicle]]));
  }

  /** Looks again at these rows, and at what is near them at their vehicles, which it locks. */
  async lookAt(rows: readonly { id: string; vehicleId: string | null; at: Date }[]): Promise<void> {
    const stretches = new Map<string, Stretch>();
    for (const { vehicleId, at } of rows) {
      if (!vehicleId) continue;
      const known = stretches.get(vehicleId);
      const [from, to] = [known && known.from < at ? known.from : at, known && known.to > at ? known.to : at];
      stretches.set(vehicleId, { vehicleId, from, to });
    }
    const locked = await this.rows.lockVehicles([...stretches.keys()]);
    const nobodys = rows.filter(({ vehicleId }) => !vehicleId).map(({ id }) => id);
    await this.reconcile([...stretches.values()], new Map(locked.map(({ id, ...vehicle }) => [id, vehicle])), nobodys);
  }

  private async reconcile(
    stretches: readonly Stretch[],
    vehicles: ReadonlyMap<string, RowVehicle>,
    nobodys: readonly string[] = [],
  ): Promise<void> {
    const rows = await this.rows.around(stretches);
    if (rows.length === 0 && nobodys.length === 0) return;
    const fillings = await this.rows.fillings(stretches);
    const wanted: Wanted[] = [];
    for (const { vehicleId, from, to } of stretches) {
      const own = rows.filter((row) => row.vehicleId === vehicleId);
      const there = fillings.filter((filling) => filling.vehicleId === vehicleId);
      const times = [...own.map(({ id, at }) => ({ id, from: at, to: at })), ...there];
      const near = stretchAround(times, from.getTime(), to.getTime());
      const [looked, candidates] = [own.filter(({ id }) => near.has(id)), there.filter(({ id }) => near.has(id))];
      const found = matched(looked, candidates, vehicles.get(vehicleId)!) as Map<string, StoredFilling>;
      const twice = duplicatesOf(looked);
      for (const row of looked) {
        const filling = found.get(row.id) ?? null;
        const alone = row.decision === 'accepted' && fuelOf(row, vehicles) !== null;
        wanted.push({ row, filling, own: filling?.kind === 'change' || (!filling && alone), twice: twice.has(row.id) });
      }
    }
    if (nobodys.length > 0)
      for (const row of await this.rows.byId(nobodys)) wanted.push({ row, filling: null, own: false, twice: false });
    await this.apply(wanted, vehicles);
  }

  /** Writes what is different: first what is given back, then what is given. */
  private async apply(wanted: readonly Wanted[], vehicles: ReadonlyMap<string, RowVehicle>): Promise<void> {
    const moved = wanted.filter((one) => !stays(one));
    const released = moved.filter(({ row }) => row.entryId !== null);
    const restored = new Map<string, EntryPrice>();
    for (const { row } of released)
      if (!row.made && gaveItsPrice(row))
        restored.set(row.entryId!, { entryId: row.entryId!, amount: row.priorAmount, currency: row.priorCurrency });
    if (released.length > 0)
      await this.matches.release(
        released.map(({ row }) => row.id),
        released.filter(({ row }) => row.made).map(({ row }) => row.entryId!),
      );
    const made: EntryOfRow[] = [];
    const links: { changeId: string; entryId: string }[] = [];
    const given: GivenRow[] = [];
    const prices = new Map(restored);
    for (const one of wanted) {
      const { row, filling } = one;
      const kept = stays(one);
      let { entryId, priorAmount, priorCurrency } = row;
      if (!kept) {
        [entryId, priorAmount, priorCurrency] = [null, null, null];
        if (one.own) {
          entryId = newId();
          made.push({ id: entryId, row, fuelType: fuelOf(row, vehicles)! });
        } else if (filling) {
          entryId = filling.id;
          const cost = restored.get(filling.id) ?? filling;
          [priorAmount, priorCurrency] = [cost.amount, cost.currency];
          if (row.amount !== null) prices.set(entryId, { entryId, amount: row.amount, currency: row.currency });
        }
      }
      if (one.own && filling && !row.fixed && filling.entryId !== entryId)
        links.push({ changeId: filling.id, entryId: entryId! });
      const nearestMetres = await this.nearest(row);
      const flags = flagsOf({ ...row, nearestMetres }, row.vehicleId ? vehicles.get(row.vehicleId)! : null, {
        found: filling !== null || row.fixed,
        twice: one.twice,
      });
      const same = kept && nearestMetres === row.nearestMetres && flags.join() === row.flags.join();
      if (!same)
        given.push({
          id: row.id,
          flags,
          entryId,
          made: kept ? row.made : one.own,
          priorAmount,
          priorCurrency,
          nearestMetres,
        });
    }
    await this.matches.price([...prices.values()]);
    await this.matches.make(made);
    await this.matches.link(links);
    await this.matches.give(given);
  }

  /** How near to the station the vehicle came; late positions may bring it nearer. Metres; null where nobody knows. */
  private async nearest(row: StoredCardRow): Promise<number | null> {
    const { vehicleId, lat, lng, at, nearestMetres: known } = row;
    if (!vehicleId || lat === null || lng === null || (known !== null && known <= NEAR_METRES)) return known;
    const now = this.clock.nowMs();
    if (at < now - OLDEST_MS || at > now) return known;
    const [from, to] = [new Date(at - SPOKE_MS), new Date(at + SPOKE_MS)];
    let nearest = known;
    for (const { trackerId, from: begin, until } of await this.trips.followed(vehicleId, from, to)) {
      const period = { trackerId, from: begin, to: until && until < to ? until : to };
      const positions = await this.queries.execute(new PositionsOfTrackerQuery(period)).catch((error: unknown) => {
        // A tracker that is gone says nothing any more.
        if (error instanceof AppError) return [];
        throw error;
      });
      for (const position of positions) nearest = Math.min(nearest ?? Infinity, metresBetween({ lat, lng }, position));
    }
    return nearest === null ? null : Math.round(nearest);
  }
}

/** What was bought; null where neither the row nor its vehicle says so. */
function fuelOf(row: StoredCardRow, vehicles: ReadonlyMap<string, RowVehicle>) {
  const takes = row.vehicleId ? vehicles.get(row.vehicleId)?.fuelType : undefined;
  return row.fuelType ?? (takes === undefined || takes === 'none' ? null : takes);
}

/** The row has already what it is to have; of which refill its own entry is, is said anew each time. */
function stays({ row, filling, own }: Wanted): boolean {
  if (row.fixed) return true;
  if (own) return row.made && row.entryVehicleId === row.vehicleId;
  return row.entryId === (filling?.id ?? null);
}

/** Nobody changed the price since. */
const gaveItsPrice = (row: StoredCardRow): boolean =>
  row.amount !== null && row.entryAmount === row.amount && row.entryCurrency === row.currency;
