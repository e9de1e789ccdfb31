import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { RoadRouter } from '../adapters/road-router';
import type { TracedTrack } from '../adapters/routing/traced-track';
import { Ways, type MatchedTrack } from '../adapters/ways';
import type { MatchedSection, MatchPoint, OnArc } from '../domain/routing/match';
import { extend } from '../domain/routing/sections';

/** Fixes of one question: others have their turn between two. */
const PART = 500;

/**
 * Finds the roads that a track was driven on: by a server that is configured, else by the network that is loaded. Fixes are believed, in
 * the order of their times. Never asked inside a transaction.
 * @throws AppError unavailable `location.router-busy`, `location.router-gave-up`
 */
export class MatchTrackQuery extends Query<MatchedTrack> {
  constructor(readonly points: readonly MatchPoint[]) {
    super();
  }
}

@QueryHandler(MatchTrackQuery)
export class MatchTrackHandler implements IQueryHandler<MatchTrackQuery> {
  constructor(
    private readonly ways: Ways,
    private readonly roads: RoadRouter,
  ) {}

  execute({ points }: MatchTrackQuery): Promise<MatchedTrack> {
    return this.ways.match(points, (all) => this.byOwnRoads(all));
  }

  private async byOwnRoads(points: readonly MatchPoint[]): Promise<TracedTrack | null> {
    const track: TracedTrack = { places: [], sections: [] };
    let start: OnArc | null = null;
    let network: number | undefined;
    for (let first = 0; first < points.length;) {
      const part = points.slice(first, first + PART).map(({ lat, lng, fixTime, accuracy }) => ({
        ...{ lat, lng, fixTime, accuracy },
      }));
      const more = first + PART < points.length;
      const answer = await this.roads.ask({ kind: 'match', question: { points: part, start, more, network } });
      if (!answer) return null;
      if (!('match' in answer))
        throw new Error('error' in answer ? answer.error : 'the router answered something else');
      const { places, sections, settled } = answer.match;
      for (const place of places.slice(0, settled)) track.places.push(place);
      for (const section of sections) append(track, section, first);
      start = answer.match.start;
      network = answer.network;
      first += settled;
    }
    return track;
  }
}

/** Puts a section that goes on from the part before together with the last one. */
function append({ sections }: TracedTrack, { joined, ...section }: MatchedSection, first: number): void {
  const told = { ...section, from: section.from + first, to: section.to + first };
  const last = sections.at(-1);
  if (joined && last) extend(last, told);
  else sections.push(told);
}
