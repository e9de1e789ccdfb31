import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { RoadRouter } from '../adapters/road-router';
import type { MatchAnswer, MatchedSection, MatchPoint, OnArc } from '../domain/routing/match';

/** Fixes of one question: others have their turn between two. */
const PART = 500;
const NO_ROADS = 'No road network is loaded: the track is on no road.';

/** A track on roads: of each fix its place or why it has none, and the ways without a break, by the numbers of their fixes. */
export interface MatchedTrack {
  places: MatchAnswer['places'];
  sections: Omit<MatchedSection, 'joined'>[];
  notes: string[];
}

/**
 * Finds the roads that a track was driven on, by the network that is loaded. Fixes are believed, in the order of their times.
 * @throws AppError unavailable `location.router-busy`, `location.router-gave-up`
 */
export class MatchTrackQuery extends Query<MatchedTrack> {
  constructor(readonly points: readonly MatchPoint[]) {
    super();
  }
}

@QueryHandler(MatchTrackQuery)
export class MatchTrackHandler implements IQueryHandler<MatchTrackQuery> {
  constructor(private readonly roads: RoadRouter) {}

  async execute({ points }: MatchTrackQuery): Promise<MatchedTrack> {
    const track: MatchedTrack = { places: [], sections: [], notes: [] };
    let start: OnArc | null = null;
    let network: number | undefined;
    for (let first = 0; first < points.length;) {
      const part = points.slice(first, first + PART).map(({ lat, lng, fixTime, accuracy }) => ({
        ...{ lat, lng, fixTime, accuracy },
      }));
      const more = first + PART < points.length;
      const answer = await this.roads.ask({ kind: 'match', question: { points: part, start, more, network } });
      if (!answer) return { places: points.map(() => 'no-road'), sections: [], notes: [NO_ROADS] };
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
function append({ sections }: MatchedTrack, { joined, ...section }: MatchedSection, first: number): void {
  const [from, to] = [section.from + first, section.to + first];
  const last = sections.at(-1);
  if (!joined || !last) return void sections.push({ ...section, from, to });
  last.to = to;
  last.metres += section.metres;
  for (const place of section.coordinates) last.coordinates.push(place);
  for (const way of section.ways) {
    const before = last.ways.at(-1);
    if (before && before.name === way.name && before.ref === way.ref) before.metres += way.metres;
    else last.ways.push(way);
  }
}
