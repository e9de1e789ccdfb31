import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { Clock } from '../../../kernel/clock/clock';
import { AppError } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import { POSITIONS_KEPT_DAYS, PositionsOfTrackerQuery, type BelievedPosition } from '../../location/contracts/tracks';
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
import { ownerOfReceipt } from '../domain/fuel';
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
/** Rows so far apart have nothing near each other in common: a day is looked at around each. */
const APART_MS = 3 * 86_400_000;
/** How much of a track is read at once. */
const HOURS_MS = 6 * 3_600_000;
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
    private readonly commands: CommandBus,
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
    const stretches = stretchesOf(rows);
    const locked = await this.rows.lockVehicles([...new Set(stretches.map(({ vehicleId }) => vehicleId))]);
    const nobodys = rows.filter(({ vehicleId }) => !vehicleId).map(({ id }) => id);
    await this.reconcile(stretches, new Map(locked.map(({ id, ...vehicle }) => [id, vehicle])), nobodys);
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
    const released = wanted.filter((one) => one.row.entryId !== null && !stays(one) && !follows(one));
    const restored = new Map<string, EntryPrice>();
    for (const { row } of released)
      if (!row.made && gaveItsPrice(row))
        restored.set(row.entryId!, { entryId: row.entryId!, amount: row.priorAmount, currency: row.priorCurrency });
    if (released.length > 0)
      await this.matches.release(
        released.map(({ row }) => row.id),
        released.filter(({ row }) => row.made).map(({ row }) => row.entryId!),
      );
    const following = wanted.filter(follows).map(({ row }) => ({
      ...{ entryId: row.entryId!, vehicleId: row.vehicleId! },
      fuelType: row.fuelType === null ? fuelOf(row, vehicles) : null,
    }));
    const nearest = await this.nearest(wanted.map(({ row }) => row));
    const made: EntryOfRow[] = [];
    const links: { changeId: string; entryId: string }[] = [];
    const given: GivenRow[] = [];
    const prices = new Map(restored);
    for (const one of wanted) {
      const { row, filling } = one;
      const kept = stays(one) || follows(one);
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
      const nearestMetres = nearest.get(row.id) ?? null;
      const flags = flagsOf({ ...row, nearestMetres }, row.vehicleId ? vehicles.get(row.vehicleId)! : null, {
        found: filling !== null || row.fixed || (follows(one) && row.written),
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
    await this.matches.move(following);
    await this.matches.make(made);
    await this.matches.link(links);
    await this.matches.give(given);
    for (const { row } of released)
      if (row.made && row.entryFileId)
        await this.commands.execute(new DetachFilesCommand({ owner: ownerOfReceipt(row.entryId!) }));
  }

  /**
   * How near to their stations vehicles came, by the ids of rows; late positions may bring them nearer. Metres; null where nobody
   * knows. Positions are read once for all rows of some hours.
   */
  private async nearest(rows: readonly StoredCardRow[]): Promise<Map<string, number | null>> {
    const found = new Map(rows.map(({ id, nearestMetres }) => [id, nearestMetres]));
    const now = this.clock.nowMs();
    const asked = rows.filter(
      ({ lat, lng, at, nearestMetres: known }) =>
        lat !== null && lng !== null && (known === null || known > NEAR_METRES) && at >= now - OLDEST_MS && at <= now,
    );
    for (const { vehicleId, from, to } of stretchesOf(
      asked.map((row) => ({ ...row, at: new Date(row.at) })),
      HOURS_MS,
    )) {
      const near = asked.filter(
        (row) => row.vehicleId === vehicleId && row.at >= from.getTime() && row.at <= to.getTime(),
      );
      const [begin, end] = [new Date(from.getTime() - SPOKE_MS), new Date(to.getTime() + SPOKE_MS)];
      for (const position of await this.positions(vehicleId, begin, end)) {
        const at = Date.parse(position.fixTime);
        for (const { id, lat, lng, at: paid } of near) {
          if (Math.abs(at - paid) > SPOKE_MS) continue;
          const metres = Math.round(metresBetween({ lat: lat!, lng: lng! }, position));
          found.set(id, Math.min(found.get(id) ?? Infinity, metres));
        }
      }
    }
    return found;
  }

  private async positions(vehicleId: string, from: Date, to: Date): Promise<BelievedPosition[]> {
    const positions: BelievedPosition[] = [];
    for (const { trackerId, from: begin, until } of await this.trips.followed(vehicleId, from, to)) {
      const period = { trackerId, from: begin, to: until && until < to ? until : to };
      const told = await this.queries.execute(new PositionsOfTrackerQuery(period)).catch((error: unknown) => {
        // A tracker that is gone says nothing any more.
        if (error instanceof AppError) return [];
        throw error;
      });
      for (const position of told) positions.push(position);
    }
    return positions;
  }
}

/**
 * Stretches of time that have rows of vehicles, parted where there is none for days: what is looked at around two never meets.
 * @param most how long one is at most, else as long as rows come; milliseconds
 */
function stretchesOf(rows: readonly { vehicleId: string | null; at: Date }[], most = Infinity): Stretch[] {
  const stretches: Stretch[] = [];
  const last = new Map<string, Stretch>();
  for (const { vehicleId, at } of [...rows].sort((a, b) => a.at.getTime() - b.at.getTime())) {
    if (!vehicleId) continue;
    const before = last.get(vehicleId);
    if (before && at.getTime() - before.to.getTime() <= APART_MS && at.getTime() - before.from.getTime() <= most)
      before.to = at;
    else {
      const stretch = { vehicleId, from: at, to: at };
      last.set(vehicleId, stretch);
      stretches.push(stretch);
    }
  }
  return stretches;
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

/** The row's own entry was another vehicle's: it goes with the row, and keeps what people wrote. */
const follows = ({ row, own }: Wanted): boolean =>
  own && !row.fixed && row.made && row.entryVehicleId !== row.vehicleId;

/** Nobody changed the price since. */
const gaveItsPrice = (row: StoredCardRow): boolean =>
  row.amount !== null && row.entryAmount === row.amount && row.entryCurrency === row.currency;
