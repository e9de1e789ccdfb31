import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { LatestPositionsQuery } from '../../location/contracts/tracks';
import { TripRepository } from '../data/trip.repository';
import { LATE_MS } from '../domain/following';

/** Hears when a vehicle was told of last. */
@Injectable()
export class VehicleEar {
  constructor(
    private readonly queries: QueryBus,
    private readonly trips: TripRepository,
  ) {}

  /** The latest position of the trackers that were in a vehicle within ten hours before a moment, or are since. */
  async heard(vehicleId: string, at: Date): Promise<{ at: number; stands: boolean } | null> {
    const trackerIds = await this.trips.trackersSince(vehicleId, new Date(at.getTime() - LATE_MS));
    if (trackerIds.length === 0) return null;
    const latest = await this.queries.execute(new LatestPositionsQuery({ trackerIds }));
    const [last] = latest.sort((a, b) => b.fixTime.localeCompare(a.fixTime));
    return last ? { at: Date.parse(last.fixTime), stands: (last.speed ?? 0) < 1 } : null;
  }
}
