import { Inject, Injectable, Optional } from '@nestjs/common';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Config } from '../../../kernel/config/config';
import { maybeContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { HealthRegistry } from '../../../kernel/health/health.registry';
import { ProviderRecord } from '../../../kernel/health/provider-record';
import { logger } from '../../../kernel/telemetry/logger';
import type { RouteAnswer } from '../contracts/routes';
import type { TravelSource } from '../contracts/travel-times';
import { guessedReach, type ReachAnswer, type ReachQuestion } from '../domain/routing/isochrone';
import { guessedMatrix, guessedRoute } from '../domain/routing/great-circle';
import type { MatchPoint } from '../domain/routing/match';
import type { MatrixAnswer, MatrixQuestion } from '../domain/routing/matrix';
import { NoWay, OffRoad, type RouteQuestion } from '../domain/routing/route';
import { noWay, routerBusy } from '../domain/route.errors';
import { RoadRouter } from './road-router';
import { ProviderFailed, ProviderRefused } from './routing/exchange';
import { Osrm } from './routing/osrm';
import type { RoutingProvider } from './routing/provider';
import { tracedBy, type TracedTrack } from './routing/traced-track';
import { Valhalla } from './routing/valhalla';

const GUESSED = 'ways are great circles with a detour, driven at a constant speed.';
export const NO_ROADS = `No road network is loaded: ${GUESSED}`;
const NO_ROADS_TO_MATCH = 'No road network is loaded: the track is on no road.';
const OFF_ROAD = `Some places are not near any road that is loaded: ${GUESSED}`;

/** A server that failed is left alone for so long, where it names no time of its own (milliseconds). */
const REST_MS = 5_000;
/** Tracks that are asked of a server at once, and for one organization: each is a row of long questions. */
const [MOST_TRACED, MOST_TRACED_OF_ONE] = [8, 4];

/** A matrix, and who measured it. */
export interface MeasuredMatrix extends MatrixAnswer {
  source: TravelSource;
  notes: string[];
}

/** How far one gets, and who measured it. */
export interface MeasuredReach extends Pick<ReachAnswer, 'center' | 'grounds'> {
  source: TravelSource;
  notes: string[];
}

/** A track on roads, and whose roads they are; null: nobody's, and all of it is on none. */
export interface MatchedTrack extends TracedTrack {
  source: Exclude<TravelSource, 'great_circle'> | null;
  notes: string[];
}

/** What a source has to say: an answer, or null with the reason in the notes. */
type Source<T> = (notes: string[]) => Promise<T | null>;

/**
 * Ways by the best source there is: servers that are configured, the roads that are loaded, else great circles. Which one it was is
 * in the answer, and why those before it were not.
 */
@Injectable()
export class Ways {
  private readonly providers: RoutingProvider[] = [];
  /** Until when a server is left alone, and why. */
  private readonly resting = new Map<RoutingProvider, { until: number; why: string }>();
  private readonly records = new Map<RoutingProvider, ProviderRecord>();
  /** The organizations for which tracks are asked of a server now. */
  private readonly tracing = new Map<RoutingProvider, string[]>();

  constructor(
    private readonly roads: RoadRouter,
    { osrmUrl, valhallaUrl, routingTimeoutMs }: Config,
    @Optional() @Inject(HealthRegistry) health?: HealthRegistry,
  ) {
    if (osrmUrl) this.providers.push(new Osrm(osrmUrl, routingTimeoutMs));
    if (valhallaUrl) this.providers.push(new Valhalla(valhallaUrl, routingTimeoutMs));
    for (const provider of this.providers) {
      const record = new ProviderRecord(`ways-${provider.source}`, provider.title);
      this.records.set(provider, record);
      health?.add(record);
    }
  }

  /** @throws AppError unprocessable `location.no-way`, unavailable `location.router-busy`, `location.router-gave-up` */
  async route(question: RouteQuestion): Promise<RouteAnswer> {
    const own: Source<RouteAnswer> = async (notes) => {
      const answer = await this.roads.ask({ kind: 'route', question });
      if (answer && 'route' in answer)
        return { ...answer.route, notes: [...answer.route.notes, ...besides(answer.missed)] };
      if (answer && 'noWayFrom' in answer) throw noWay(answer.noWayFrom);
      if (answer && !('offRoad' in answer)) throw new Error('error' in answer ? answer.error : UNEXPECTED);
      notes.push(answer ? OFF_ROAD : NO_ROADS);
      return null;
    };
    // They know them between two places alone.
    const through = question.alternatives > 0 && question.waypoints.length > 2;
    const ask = async (provider: RoutingProvider): Promise<RouteAnswer> => {
      if (!through) return provider.route(question);
      const answer = await provider.route({ ...question, alternatives: 0 });
      return { ...answer, notes: [...answer.notes, `${provider.title} knows no further routes through waypoints.`] };
    };
    const notes: string[] = [];
    const answer = (await this.first(question, ask, own, notes)) ?? guessedRoute(question, notes.pop() ?? NO_ROADS);
    return { ...answer, notes: [...notes, ...answer.notes, ...untold(question, answer.source)] };
  }

  /** Where a place is on no road, all ways are great circles: what is measured in two manners cannot be compared. */
  async matrix(question: MatrixQuestion): Promise<MeasuredMatrix> {
    const own: Source<MeasuredMatrix> = async (notes) => {
      const answer = await this.roads.ask({ kind: 'matrix', question });
      if (answer && !('matrix' in answer)) throw new Error('error' in answer ? answer.error : UNEXPECTED);
      const off = answer ? answer.matrix.offRoad.origins.length + answer.matrix.offRoad.destinations.length : 0;
      if (answer && off === 0) return { ...answer.matrix, source: 'road', notes: besides(answer.missed) };
      notes.push(answer ? OFF_ROAD : NO_ROADS);
      return null;
    };
    const ask = (provider: RoutingProvider): Promise<MeasuredMatrix> => this.measuredBy(provider, question);
    const notes: string[] = [];
    const measured: MeasuredMatrix = (await this.first(question, ask, own, notes)) ?? {
      ...guessedMatrix(question),
      source: 'great_circle' as const,
      notes: [],
    };
    return { ...measured, notes: [...notes, ...measured.notes, ...untold(question, measured.source)] };
  }

  /** The ground that is reached within each band. */
  async reach(question: ReachQuestion): Promise<MeasuredReach> {
    const own: Source<MeasuredReach> = async (notes) => {
      const answer = await this.roads.ask({ kind: 'reach', question });
      if (answer && 'reach' in answer) return { ...answer.reach, source: 'road', notes: besides(answer.missed) };
      if (answer && !('offRoad' in answer)) throw new Error('error' in answer ? answer.error : UNEXPECTED);
      notes.push(answer ? OFF_ROAD : NO_ROADS);
      return null;
    };
    const ask = async (provider: RoutingProvider): Promise<MeasuredReach> => ({
      ...(await provider.reach(question)),
      source: provider.source,
      notes: [],
    });
    const objective = question.measure === 'minutes' ? 'time' : 'distance';
    const notes: string[] = [];
    const {
      center,
      grounds,
      source,
      notes: more,
    } = (await this.first({ ...question, objective }, ask, own, notes)) ?? {
      ...guessedReach(question),
      source: 'great_circle' as const,
      notes: [],
    };
    return { center, grounds, source, notes: [...notes, ...more, ...untold(question, source)] };
  }

  /**
   * A track on roads. `matchOwn` finds it on those that are loaded, and says null where none are.
   * @throws AppError unavailable `location.router-busy` where a server is asked for many already
   */
  async match(
    points: readonly MatchPoint[],
    matchOwn: (points: readonly MatchPoint[]) => Promise<TracedTrack | null>,
  ): Promise<MatchedTrack> {
    if (points.length === 0) return { places: [], sections: [], source: null, notes: [] };
    const own: Source<MatchedTrack> = async (notes) => {
      const track = await matchOwn(points);
      if (track) return { ...track, source: 'road', notes: [] };
      notes.push(NO_ROADS_TO_MATCH);
      return null;
    };
    const ask = async (provider: RoutingProvider): Promise<MatchedTrack> => ({
      ...(await this.traced(provider, points)),
      source: provider.source,
      notes: [],
    });
    const notes: string[] = [];
    const track = await this.first({ objective: 'time' }, ask, own, notes);
    const none: MatchedTrack = { places: points.map(() => 'no-road'), sections: [], source: null, notes: [] };
    return { ...(track ?? none), notes };
  }

  private async traced(provider: RoutingProvider, points: readonly MatchPoint[]): Promise<TracedTrack> {
    const tenantId = maybeContext()?.tenantId ?? PLATFORM_TENANT;
    const tracing = this.tracing.get(provider) ?? [];
    this.tracing.set(provider, tracing);
    const own = tracing.filter((one) => one === tenantId).length;
    if (tracing.length >= MOST_TRACED || own >= MOST_TRACED_OF_ONE) throw routerBusy();
    tracing.push(tenantId);
    try {
      return await tracedBy(provider, points);
    } finally {
      tracing.splice(tracing.indexOf(tenantId), 1);
    }
  }

  /** The matrix of a server, for plans; null where the own roads are to be used, or there is nothing, with the reasons in the notes. */
  async measured(question: MatrixQuestion, roads: boolean, notes: string[]): Promise<MeasuredMatrix | null> {
    const ask = (provider: RoutingProvider): Promise<MeasuredMatrix> => this.measuredBy(provider, question);
    const own: Source<MeasuredMatrix | 'own'> = () => Promise.resolve(roads ? 'own' : null);
    const answer = await this.first<MeasuredMatrix | 'own'>(question, ask, own, notes);
    return answer === 'own' ? null : answer;
  }

  private async measuredBy(provider: RoutingProvider, question: MatrixQuestion): Promise<MeasuredMatrix> {
    return { ...(await provider.matrix(question)), source: provider.source, notes: [] };
  }

  /** Who finds what is least comes first, then the own roads, then who knows the quickest ways alone. Traffic that is told is for the own roads. */
  private async first<T>(
    { objective, traffic }: Pick<RouteQuestion, 'objective' | 'traffic'>,
    ask: (provider: RoutingProvider) => Promise<T>,
    own: Source<T>,
    notes: string[],
  ): Promise<T | null> {
    const quickest: RoutingProvider[] = [];
    for (const provider of this.providers)
      if (!traffic && provider.finds(objective)) {
        const answer = await this.asked(provider, ask, notes);
        if (answer) return answer;
      } else quickest.push(provider);
    const reasons: string[] = [];
    const answer = await own(reasons);
    if (answer) return answer;
    for (const provider of quickest) {
      const found = await this.asked(provider, ask, notes);
      if (!found) continue;
      if (!provider.finds(objective))
        notes.push(`${provider.title} knows the quickest ways alone: they need not be least in ${objective}.`);
      return found;
    }
    notes.push(...reasons);
    return null;
  }

  private async asked<T>(
    provider: RoutingProvider,
    ask: (provider: RoutingProvider) => Promise<T>,
    notes: string[],
  ): Promise<T | null> {
    const rest = this.resting.get(provider);
    if (rest && monotonicMs() < rest.until) {
      notes.push(`${rest.why} It is asked again in a moment.`);
      return null;
    }
    const record = this.records.get(provider);
    try {
      const answer = await ask(provider);
      record?.answered();
      return answer;
    } catch (error) {
      if (error instanceof NoWay || error instanceof OffRoad || error instanceof ProviderRefused) record?.answered();
      else if (error instanceof ProviderFailed) record?.failed(error.message);
      if (error instanceof NoWay) throw noWay(error.from);
      if (error instanceof OffRoad) {
        notes.push(`${provider.title} knows no road near some of the places.`);
        return null;
      }
      if (!(error instanceof ProviderFailed)) throw error;
      const why = `${provider.title} ${error.message}.`;
      if (error instanceof ProviderRefused) {
        logger.info({ provider: provider.source, why }, 'a server of ways does not take a question');
        notes.push(why);
        return null;
      }
      const restMs = error.restSeconds === null ? REST_MS : error.restSeconds * 1_000;
      this.resting.set(provider, { until: monotonicMs() + restMs, why });
      logger.warn({ err: error, provider: provider.source }, 'a server of ways did not answer as it should');
      notes.push(why);
      return null;
    }
  }
}

const besides = (missed: number): string[] =>
  missed > 0 ? [`${missed} of the places with traffic are on no road: they count for nothing.`] : [];
const untold = ({ traffic }: Pick<RouteQuestion, 'traffic'>, source: TravelSource): string[] =>
  traffic && source !== 'road' ? ['The traffic that was told is not in these times.'] : [];
const UNEXPECTED = 'the router answered something else';
