import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { emptyOutcome, type ImportOutcome, type RowFault } from '../../../kernel/tabular/import-report';
import { FuelCardRowRepository, type NewCardRow } from '../data/fuel-card-row.repository';
import { FuelCardRepository } from '../data/fuel-card.repository';
import type { Fuel } from '../domain/fuel';
import { digestOf, NO_FUEL, providerKeyOf, rowKeyOf, saysCardNumber, type CardFileRow } from '../domain/fuel-card';
import { plateKeyOf } from '../domain/vehicle';
import { FuelCardDesk } from './fuel-card-desk';

/** Clocks of stations run ahead by this much at most. */
const AHEAD_MS = 300_000;

/**
 * Takes transactions of fuel cards in one transaction, each once: by the provider's number, else by all that it says. Cards that nobody
 * knew are made. What is no fuel is left out.
 */
export class ImportFuelCardRowsCommand extends Command<ImportOutcome & { leftOut: number }> {
  constructor(readonly request: { rows: CardFileRow[]; dryRun?: boolean }) {
    super();
  }
}

@CommandHandler(ImportFuelCardRowsCommand)
export class ImportFuelCardRowsHandler implements ICommandHandler<ImportFuelCardRowsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly cards: FuelCardRepository,
    private readonly rows: FuelCardRowRepository,
    private readonly desk: FuelCardDesk,
  ) {}

  execute({ request: { rows, dryRun = false } }: ImportFuelCardRowsCommand) {
    return this.uow.run(async () => {
      const outcome = emptyOutcome();
      const fuel = rows.filter(({ fuelType }) => fuelType !== NO_FUEL);
      const good = fuel.filter((row) => {
        const fault = faultOf(row, this.clock.nowMs() + AHEAD_MS);
        if (fault) outcome.faults.push(fault);
        return !fault;
      });
      // Cards are locked first: another import of the same rows waits here, and finds them afterwards.
      const by = currentContext().principal.userId;
      const cards =
        dryRun || good.length === 0 ? [] : await this.cards.demand(good as { provider: string; card: string }[], by);
      const cardIds = new Map(cards.map(({ id, providerKey, lastFour }) => [`${providerKey}\n${lastFour}`, id]));
      const read = good.map((row) => ({ row, stored: storedOf(row, cardIds) }));
      const known = new Map(
        (await this.rows.known(read.map(({ stored }) => stored))).map((it) => [
          `${it.providerKey}\n${it.key}`,
          it.digest,
        ]),
      );
      const fresh: NewCardRow[] = [];
      for (const { row, stored } of read) {
        const digest = known.get(`${stored.providerKey}\n${stored.key}`);
        if (digest === undefined) fresh.push(stored);
        else if (digest === stored.digest) outcome.unchanged += 1;
        else outcome.faults.push(differs(row));
      }
      outcome.created = fresh.length;
      if (!dryRun && fresh.length > 0) outcome.created = await this.write(fresh, by);
      outcome.unchanged += fresh.length - outcome.created;
      return { ...outcome, leftOut: rows.length - fuel.length };
    });
  }

  /** @returns how many were not there */
  private async write(fresh: readonly NewCardRow[], by: string | null): Promise<number> {
    const owners = await this.rows.hold(await this.rows.owners(fresh));
    const owned = fresh.map((row, i) => {
      const { forgotten, ...owner } = owners[i];
      return { ...row, ...owner, ...(forgotten && { station: null, lat: null, lng: null }) };
    });
    const made = new Set(await this.rows.insert(owned, by));
    await this.desk.lookAt(owned.filter(({ id }) => made.has(id)));
    return made.size;
  }
}

function faultOf(row: CardFileRow, latest: number): RowFault | null {
  const { line, at, lat, lng } = row;
  const told = saysCardNumber(row);
  if (told)
    return {
      line,
      column: told,
      code: 'card-number',
      reason: 'This looks like the number of a card: only `card` has one.',
    };
  if (Date.parse(at) > latest) return { line, column: 'at', code: 'future', reason: 'This is still to come.' };
  const [north, east] = [lat ?? null, lng ?? null];
  if ((north === null) === (east === null)) return null;
  const column = north === null ? 'lat' : 'lng';
  return { line, column, code: 'required', reason: 'A place has a latitude and a longitude.' };
}

const differs = ({ line }: CardFileRow): RowFault => ({
  ...{ line, column: 'transaction', code: 'differs' },
  reason: 'The provider told this transaction before, with other values; it stays as it was.',
});

function storedOf(row: CardFileRow, cardIds: ReadonlyMap<string, string>): NewCardRow {
  const providerKey = providerKeyOf(row.provider);
  const amount = row.total ?? null;
  return {
    ...{ id: newId(), cardId: cardIds.get(`${providerKey}\n${row.card}`) ?? '', providerKey },
    ...{ key: rowKeyOf(row), digest: digestOf(row), transaction: row.transaction ?? null },
    ...{ plateKey: row.plate ? plateKeyOf(row.plate) || null : null, at: new Date(row.at) },
    ...{ fuelType: (row.fuelType ?? null) as Fuel | null, quantity: Math.round(row.quantity * 1000) },
    ...{ amount, currency: amount === null ? null : row.currency!, station: row.station ?? null },
    ...{ lat: row.lat ?? null, lng: row.lng ?? null },
  };
}
