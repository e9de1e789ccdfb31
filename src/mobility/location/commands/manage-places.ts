import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PlaceRepository } from '../data/place.repository';
import { Place, type PlaceData } from '../domain/place';
import type { OpeningHours } from '../domain/opening-hours';
import { hoursInvalid, placeChanged, placeNotFound } from '../domain/places.errors';
import { findPlace, type PlaceDetails } from '../queries/place-view';
import { hoursOf, type AskedHours } from './opening-hours';

export type PlaceChange = Partial<Omit<PlaceData, 'hours'>> & { openingHours?: AskedHours | null };

/** @throws AppError invalid `location.place-kind-unknown`, `location.opening-hours-invalid`, `location.place-source-incomplete`; conflict `location.place-external-id-taken` */
export class CreatePlaceCommand extends Command<PlaceDetails> {
  constructor(readonly place: PlaceChange & Pick<PlaceData, 'name' | 'kind' | 'lat' | 'lng'>) {
    super();
  }
}

/** @throws AppError as above; not-found `location.place-not-found`, precondition-failed `location.place-changed` */
export class ChangePlaceCommand extends Command<PlaceDetails> {
  constructor(
    readonly placeId: string,
    readonly change: PlaceChange,
    /** Version that the change is based on, where the client says so. */
    readonly version: number | null,
  ) {
    super();
  }
}

/** With everything that was told of it, reviews included. @throws AppError not-found `location.place-not-found` */
export class DeletePlaceCommand extends Command<void> {
  constructor(readonly placeId: string) {
    super();
  }
}

type Where = Parameters<typeof hoursOf>[1];

/** Hours as OpenStreetMap writes them take long to read, and are remembered: read before a transaction, they are there in it. */
function readAsked(asked: AskedHours | null | undefined, where: Where, at: Date): OpeningHours | null | undefined {
  if (!asked) return asked;
  const hours = hoursOf(asked, where, at);
  if ('code' in hours) throw hoursInvalid(hours);
  return hours;
}

@CommandHandler(CreatePlaceCommand)
export class CreatePlaceHandler implements ICommandHandler<CreatePlaceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly places: PlaceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ place: { openingHours, ...data } }: CreatePlaceCommand): Promise<PlaceDetails> {
    const at = this.clock.now();
    const where = { country: data.country ?? null, region: data.region ?? null, lat: data.lat, lng: data.lng };
    const hours = readAsked(openingHours, where, at);
    return this.uow.run(async (tx) => {
      await this.places.assertKind(tx, data.kind);
      if (hours) await this.places.assertZone(tx, hours.zone);
      const place = Place.create({ ...data, hours }, at);
      await this.places.save(tx, place, true);
      return (await findPlace(this.database, place.id, { now: at.getTime() }))!;
    });
  }
}

@CommandHandler(ChangePlaceCommand)
export class ChangePlaceHandler implements ICommandHandler<ChangePlaceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly places: PlaceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ placeId, change: { openingHours, ...change }, version }: ChangePlaceCommand): Promise<PlaceDetails> {
    const at = this.clock.now();
    const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    if (openingHours?.osm !== undefined) {
      const [there] = await this.places.whereabouts(this.database, [placeId]);
      if (there) readAsked(openingHours, { ...there, ...named }, at);
    }
    return this.uow.run(async (tx) => {
      const place = await tx.store.load(Place, placeId, { lock: 'no-key-update' });
      if (!place) throw placeNotFound();
      if (version !== null && version !== place.version) throw placeChanged();
      if (change.kind !== undefined && change.kind !== place.kind) await this.places.assertKind(tx, change.kind);
      const { country, region, lat, lng } = { ...place, ...named };
      const hours = readAsked(openingHours, { country, region, lat, lng }, at);
      if (hours) await this.places.assertZone(tx, hours.zone);
      if (place.change({ ...change, hours }, at)) await this.places.save(tx, place, false);
      return (await findPlace(this.database, placeId, { now: at.getTime() }))!;
    });
  }
}

@CommandHandler(DeletePlaceCommand)
export class DeletePlaceHandler implements ICommandHandler<DeletePlaceCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ placeId }: DeletePlaceCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const place = await tx.store.load(Place, placeId);
      if (!place) throw placeNotFound();
      await tx.store.remove(place);
    });
  }
}
