import { setImmediate as othersTurn } from 'node:timers/promises';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { emptyOutcome, type ImportOutcome, type RowFault } from '../../../kernel/tabular/import-report';
import { IMPORT_SOURCE, ImportPlacesCommand, type PlaceRow } from '../contracts/import-places';
import { PlaceRepository } from '../data/place.repository';
import { NAME_PATTERN, Place, type PlaceData } from '../domain/place';
import type { OpeningHours } from '../domain/opening-hours';
import { hoursOf } from './opening-hours';

type Data = Partial<PlaceData> & Pick<PlaceData, 'name' | 'kind' | 'lat' | 'lng'>;
type Refuse = (column: keyof PlaceRow, code: string, reason: string) => void;

const key = (source: string, externalId: string): string => `${source} ${externalId}`;
const degrees = (text: string): number => Number(text.replace(',', '.'));

@CommandHandler(ImportPlacesCommand)
export class ImportPlacesHandler implements ICommandHandler<ImportPlacesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly places: PlaceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ request: { rows, dryRun = false } }: ImportPlacesCommand): Promise<ImportOutcome> {
    const outcome = emptyOutcome();
    if (rows.length === 0) return outcome;
    const at = this.clock.now();
    await this.readAhead(rows, at);
    return this.uow.run(async (tx) => {
      const unknown = new Set(
        await this.places.unknownKinds(
          tx,
          rows.map(({ kind }) => kind),
        ),
      );
      const known = await this.known(tx, rows, dryRun);
      const [created, changed]: [Place[], Place[]] = [[], []];
      for (const row of rows) {
        const data = await this.dataOf(tx, row, unknown, known.get(keyOf(row)), at, outcome.faults);
        if (!data) continue;
        const place = known.get(keyOf(row));
        if (!place) {
          created.push(Place.create(data, at));
          outcome.created += 1;
        } else if (place.change(data, at)) {
          changed.push(place);
          outcome.updated += 1;
        } else outcome.unchanged += 1;
      }
      if (!dryRun) await this.places.saveAll(tx, created, changed);
      return outcome;
    });
  }

  /** What takes long is read, and remembered, before the transaction, and others get their turn between. */
  private async readAhead(rows: PlaceRow[], at: Date): Promise<void> {
    const timed = rows.filter(({ openingHours }) => openingHours);
    if (timed.length === 0) return;
    const found = await this.places.imported(
      this.database,
      [...new Set(timed.map(({ source }) => source ?? IMPORT_SOURCE))],
      timed.map(({ externalId }) => externalId),
    );
    const before = new Map(found.map((place) => [key(place.source, place.externalId), place]));
    for (const row of timed) {
      const there = before.get(keyOf(row));
      const zone = row.zone ?? there?.zone;
      if (!zone) continue;
      const where = { country: row.country ?? there?.country ?? null, region: row.region ?? there?.region ?? null };
      hoursOf({ zone, osm: row.openingHours! }, { ...where, lat: degrees(row.lat), lng: degrees(row.lng) }, at);
      await othersTurn();
    }
  }

  private async known(tx: Transaction, rows: PlaceRow[], dryRun: boolean): Promise<Map<string, Place>> {
    const externalId = rows.map((row) => row.externalId);
    const source = [...new Set(rows.map((row) => row.source ?? IMPORT_SOURCE))];
    const found = await tx.store.loadMany(Place, { source, externalId }, { lock: dryRun ? false : 'no-key-update' });
    return new Map(found.map((place) => [key(place.source!, place.externalId!), place]));
  }

  /** What a row says, or null when it is refused. */
  private async dataOf(
    tx: Transaction,
    row: PlaceRow,
    unknownKinds: ReadonlySet<string>,
    before: Place | undefined,
    at: Date,
    faults: RowFault[],
  ): Promise<Data | null> {
    const told = faults.length;
    const refuse: Refuse = (column, code, reason) => void faults.push({ line: row.line, column, code, reason });
    const { line: _line, openingHours, zone, lat, lng, services, listed, ...texts } = row;
    const point = { lat: degrees(lat), lng: degrees(lng) };
    if (Math.abs(point.lat) > 90) refuse('lat', 'out-of-range', `${lat} is no latitude.`);
    if (Math.abs(point.lng) > 180) refuse('lng', 'out-of-range', `${lng} is no longitude.`);
    if (unknownKinds.has(row.kind)) refuse('kind', 'unknown-reference', `There is no kind of place "${row.kind}".`);
    const names = services
      ?.split(';')
      .map((name) => name.trim())
      .filter(Boolean);
    const wrong = names?.find((name) => !NAME_PATTERN.test(name));
    if (wrong !== undefined) refuse('services', 'wrong-form', `"${wrong}" is no short name such as car_wash.`);
    const where = { country: row.country ?? before?.country ?? null, region: row.region ?? before?.region ?? null };
    const hours = await this.hoursOf(tx, { openingHours, zone }, { ...where, ...point }, before, at, refuse);
    if (faults.length > told) return null;
    return {
      ...texts,
      ...point,
      source: row.source ?? IMPORT_SOURCE,
      hours,
      services: services === undefined ? undefined : (names ?? []),
      listed: listed ?? undefined,
    };
  }

  private async hoursOf(
    tx: Transaction,
    { openingHours: osm, zone }: Pick<PlaceRow, 'openingHours' | 'zone'>,
    where: Parameters<typeof hoursOf>[1],
    before: Place | undefined,
    at: Date,
    refuse: Refuse,
  ): Promise<OpeningHours | null | undefined> {
    if (!osm) return osm === undefined ? undefined : null;
    const meant = zone ?? before?.hours?.zone;
    if (!meant) {
      refuse('zone', 'required', 'Opening hours need a time zone such as Europe/Vienna.');
      return null;
    }
    // Hours that are written out by day are not written anew for each repetition.
    const { hours } = before ?? {};
    if (hours?.osm === osm && hours.zone === meant && !expires(hours, at)) return undefined;
    const read = hoursOf({ zone: meant, osm }, where, at);
    if ('code' in read) {
      refuse(read.pointer === '/zone' ? 'zone' : 'openingHours', read.code, read.detail);
      return null;
    }
    if (!(await this.places.knowsZone(tx, read.zone))) refuse('zone', 'zone', `"${meant}" is not known here.`);
    return read;
  }
}

/** What tells places of imports apart: the id that a source gave. */
export const keyOf = (row: Pick<PlaceRow, 'source' | 'externalId'>): string =>
  key(row.source ?? IMPORT_SOURCE, row.externalId);

/** Less than half a year of what is written out is left. */
const expires = ({ through }: OpeningHours, at: Date): boolean =>
  through !== undefined && Date.parse(through) - at.getTime() < 183 * 86_400_000;
