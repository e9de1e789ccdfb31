import { euclideanMatrix, givenMatrix, greatCircleMatrix } from './matrices';
import type { Measure } from '../../contracts/route-plans';
import { MOST_ROAD_PLACES } from '../routing/limits';
import type { PlanTask, PlanVehicle, Problem, TimeWindow } from './problem';

export const METRICS = ['road', 'great_circle', 'euclidean'] as const;
export type Metric = (typeof METRICS)[number];

export const MOST_STOPS = 1_200;
export const MOST_SHIPMENTS = 300;
export const MOST_VEHICLES = 200;
export const MOST_SECONDS = 120;
export const MOST_ITERATIONS = 10_000_000;
const DEFAULT_SECONDS = 5;
/** How fast vehicles are taken to be where only the way is known (km/h). */
const DEFAULT_SPEED = 50;

/** A place on Earth, in the plane, or as a row of the given matrix. */
export interface RequestedPlace {
  lat?: number;
  lng?: number;
  x?: number;
  y?: number;
  index?: number;
}

export interface RequestedTask {
  location?: RequestedPlace;
  x?: number;
  y?: number;
  index?: number;
  timeWindow?: number[];
  timeWindows?: number[][];
  serviceSeconds?: number;
}

export interface RequestedUnit {
  id: string;
  demand?: number[];
  skills?: string[];
  priority?: number;
}

/** What is asked of `POST /routes/optimize`; times are seconds from the beginning of the plan. */
export interface RouteRequest {
  vehicles: {
    id: string;
    capacity?: number[];
    start?: RequestedPlace | null;
    end?: RequestedPlace | null;
    timeWindows?: number[][];
    breaks?: { timeWindow: number[]; seconds: number }[];
    skills?: string[];
    fixedCost?: number;
    maxTrips?: number;
    reloadSeconds?: number;
    maxStops?: number;
    maxDistance?: number;
    maxSeconds?: number;
  }[];
  stops: (RequestedTask & RequestedUnit & { type?: 'delivery' | 'pickup' })[];
  shipments?: (RequestedUnit & { pickup: RequestedTask; delivery: RequestedTask })[];
  matrix?: (number | null)[][];
  durations?: (number | null)[][];
  options?: {
    seconds?: number;
    iterations?: number;
    seed?: number;
    metric?: Metric;
    objective?: 'distance' | 'duration';
    fixedCostPerVehicle?: number;
    speedKmh?: number;
    /** How roads are when the plan begins; for ways over roads that are loaded. */
    traffic?: { departAt?: string; profile?: string | null; overrides?: boolean };
  };
}

export interface RequestFault {
  pointer: string;
  code: string;
  detail: string;
}

type Kind = 'index' | 'plane' | 'earth';

/** The way a place is told: its own fields, or for a task also those of its location. */
const placeOf = (task: RequestedTask): RequestedPlace => task.location ?? { x: task.x, y: task.y, index: task.index };

const kindOf = (place: RequestedPlace): Kind | null =>
  place.index !== undefined
    ? 'index'
    : place.x !== undefined && place.y !== undefined
      ? 'plane'
      : place.lat !== undefined && place.lng !== undefined
        ? 'earth'
        : null;

/** Every place with where it stands in the request; stops without any are rows of the matrix in order, row 0 the depot. */
function places(request: RouteRequest): { pointer: string; place: RequestedPlace; row: number }[] {
  const found: { pointer: string; place: RequestedPlace; row: number }[] = [];
  request.vehicles.forEach(({ start, end }, k) => {
    if (start !== null) found.push({ pointer: `/vehicles/${k}/start`, place: start ?? {}, row: 0 });
    if (end) found.push({ pointer: `/vehicles/${k}/end`, place: end, row: 0 });
  });
  request.stops.forEach((stop, k) => found.push({ pointer: `/stops/${k}`, place: placeOf(stop), row: k + 1 }));
  request.shipments?.forEach(({ pickup, delivery }, k) => {
    const row = request.stops.length + 1 + 2 * k;
    found.push({ pointer: `/shipments/${k}/pickup`, place: placeOf(pickup), row });
    found.push({ pointer: `/shipments/${k}/delivery`, place: placeOf(delivery), row: row + 1 });
  });
  return found;
}

/** What is wrong with a request beyond the shapes of its fields. */
export function faultsOf(request: RouteRequest): RequestFault[] {
  const faults: RequestFault[] = [];
  const add = (pointer: string, code: string, detail: string): void => void faults.push({ pointer, code, detail });
  if (request.stops.length + (request.shipments?.length ?? 0) === 0)
    add('/stops', 'nothing-to-plan', 'Give at least one stop or shipment.');
  const twice = (list: { id: string }[], name: string): void => {
    const seen = new Set<string>();
    list.forEach(({ id }, k) => {
      if (seen.has(id)) add(`/${name}/${k}/id`, 'not-unique', `${name} must have ids of their own.`);
      seen.add(id);
    });
  };
  twice(request.vehicles, 'vehicles');
  twice([...request.stops, ...(request.shipments ?? [])], 'stops');
  const dims = Math.max(0, ...request.vehicles.map(({ capacity }) => capacity?.length ?? 0));
  [...request.stops, ...(request.shipments ?? [])].forEach((unit, k) => {
    if ((unit.demand?.length ?? 0) > dims)
      add(`/stops/${k}/demand`, 'too-long', 'There are more amounts than any vehicle has capacities.');
  });
  const square = (rows: (number | null)[][] | undefined, name: string): void => {
    if (rows?.some((row) => row.length !== rows.length))
      add(`/${name}`, 'not-square', 'It needs as many columns as rows.');
  };
  square(request.matrix, 'matrix');
  square(request.durations, 'durations');
  if (request.durations && request.durations.length !== request.matrix?.length)
    add('/durations', 'no-matrix', 'It goes with a matrix of distances of the same size.');
  faultsOfPlaces(request, add);
  if (request.options?.metric === 'road' && !request.matrix) {
    const different = new Set(places(request).map(({ place: { lat, lng } }) => `${lat} ${lng}`)).size;
    if (different > MOST_ROAD_PLACES)
      add(
        '/options/metric',
        'too-many-places',
        `Ways over roads are measured between at most ${MOST_ROAD_PLACES} places.`,
      );
  }
  return faults;
}

function faultsOfPlaces(request: RouteRequest, add: (pointer: string, code: string, detail: string) => void): void {
  const { matrix, options } = request;
  const wanted: Kind | null = matrix
    ? 'index'
    : options?.metric === 'euclidean'
      ? 'plane'
      : options?.metric
        ? 'earth'
        : null;
  let first: Kind | null = wanted;
  for (const { pointer, place, row } of places(request)) {
    if (matrix) {
      // Places may be told besides; the matrix counts.
      const index = place.index ?? row;
      if (index >= matrix.length) add(pointer, 'not-in-matrix', `The matrix has no row ${index}.`);
      continue;
    }
    const kind = kindOf(place);
    first ??= kind;
    if (kind === null || kind === 'index')
      add(pointer, 'place-missing', 'Give location {lat, lng}, or x and y, or send a matrix.');
    else if (kind !== first)
      add(
        pointer,
        'place-of-another-kind',
        `All places must be ${first === 'plane' ? 'x and y' : 'lat and lng'} here.`,
      );
  }
}

/** What the search is given, and what it must be said about it. */
export interface PreparedRequest {
  problem: Problem;
  limits: { seconds: number; iterations?: number; seed: number };
  /** By what ways are measured. */
  metric: Measure;
  notes: string[];
}

const windowsOf = (one: number[] | undefined, many: number[][] | undefined): TimeWindow[] => {
  const given = [...(one ? [one] : []), ...(many ?? [])];
  return given.length > 0 ? given.map(([from, to]) => [from, to]) : [[0, Infinity]];
};

/** Measures ways over roads between places, row by row; null where it cannot, with the reason. */
export type MeasureRoads = (
  places: readonly { lat: number; lng: number }[],
  objective: 'time' | 'distance',
) => { distances: Float64Array; durations: Float64Array; metric: Measure } | string;

/** The places between which ways over roads are to be measured; null where the request wants none. */
export const roadPlaces = (request: RouteRequest): { lat: number; lng: number }[] | null =>
  request.options?.metric === 'road' && !request.matrix
    ? places(request).map(({ place }) => ({ lat: place.lat!, lng: place.lng! }))
    : null;

/** Makes the search's problem of a request without faults. @param roads where a road network is loaded */
export function prepare(request: RouteRequest, roads: MeasureRoads | null = null): PreparedRequest {
  const { matrix, durations, options = {}, stops, shipments = [], vehicles } = request;
  const listed = places(request);
  const notes: string[] = [];
  const rows = new Map(listed.map(({ pointer, place, row }, k) => [pointer, matrix ? (place.index ?? row) : k]));
  const at = (pointer: string): number => rows.get(pointer) as number;
  let metric: PreparedRequest['metric'] = 'matrix';
  let distances: Float64Array;
  let times: Float64Array;
  if (matrix) {
    distances = givenMatrix(matrix);
    times = durations ? givenMatrix(durations) : distances;
  } else if (kindOf(listed[0].place) === 'plane') {
    metric = 'euclidean';
    times = distances = euclideanMatrix(listed.map(({ place }) => ({ x: place.x!, y: place.y! })));
  } else {
    const points = listed.map(({ place }) => ({ lat: place.lat!, lng: place.lng! }));
    const measured =
      options.metric !== 'road'
        ? null
        : (roads?.(points, options.objective === 'duration' ? 'time' : 'distance') ?? 'No road network is loaded');
    if (measured && typeof measured !== 'string') {
      ({ metric } = measured);
      distances = measured.distances;
      times = measured.durations;
    } else {
      metric = 'great_circle';
      distances = greatCircleMatrix(points);
      const metresPerSecond = (options.speedKmh ?? DEFAULT_SPEED) / 3.6;
      times = distances.map((metres) => metres / metresPerSecond);
      if (measured) notes.push(`${measured}: ways are great circles, driven at a constant speed.`);
    }
  }
  // A way whose length or whose time is not known is none: the search looks at the one, timetables at the other.
  if (times !== distances)
    for (let k = 0; k < times.length; k++)
      if (!(times[k] < Infinity && distances[k] < Infinity)) times[k] = distances[k] = Infinity;
  const task = (from: RequestedTask, pointer: string): PlanTask => ({
    at: at(pointer),
    windows: windowsOf(from.timeWindow, from.timeWindows),
    serviceSeconds: from.serviceSeconds ?? 0,
  });
  const unit = ({ id, demand = [], skills = [], priority = 0 }: RequestedUnit): Required<RequestedUnit> => ({
    id,
    demand,
    skills,
    priority,
  });
  const problem: Problem = {
    size: matrix?.length ?? listed.length,
    distances,
    durations: times,
    objective: options.objective ?? 'distance',
    stops: stops.map((stop, k) => ({ ...unit(stop), ...task(stop, `/stops/${k}`), kind: stop.type ?? 'delivery' })),
    shipments: shipments.map((shipment, k) => ({
      ...unit(shipment),
      pickup: task(shipment.pickup, `/shipments/${k}/pickup`),
      delivery: task(shipment.delivery, `/shipments/${k}/delivery`),
    })),
    vehicles: vehicles.map((vehicle, k): PlanVehicle => {
      const start = vehicle.start === null ? null : at(`/vehicles/${k}/start`);
      return {
        id: vehicle.id,
        capacity: vehicle.capacity ?? [],
        start,
        end: vehicle.end === null ? null : vehicle.end ? at(`/vehicles/${k}/end`) : start,
        windows: windowsOf(undefined, vehicle.timeWindows),
        breaks: (vehicle.breaks ?? []).map(({ timeWindow: [from, to], seconds }) => ({ window: [from, to], seconds })),
        skills: vehicle.skills ?? [],
        fixedCost: vehicle.fixedCost ?? options.fixedCostPerVehicle ?? 0,
        maxTrips: vehicle.maxTrips ?? 1,
        reloadSeconds: vehicle.reloadSeconds ?? 0,
        maxStops: vehicle.maxStops ?? Infinity,
        maxDistance: vehicle.maxDistance ?? Infinity,
        maxSeconds: vehicle.maxSeconds ?? Infinity,
      };
    }),
  };
  const { iterations, seed = 1 } = options;
  // Where only iterations are given, seconds are but the outer bound.
  const seconds = options.seconds ?? (iterations === undefined ? DEFAULT_SECONDS : MOST_SECONDS);
  return { problem, limits: { seconds, iterations, seed }, metric, notes };
}
