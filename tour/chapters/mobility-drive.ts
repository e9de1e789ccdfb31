/** [longitude, latitude] */
export type Place = [lng: number, lat: number];

export interface Told {
  fixTime: string;
  lat: number;
  lng: number;
  speed: number;
  course: number;
  accuracy: number;
  attributes: { ignition: boolean };
}

/** A round through Porto as a van drove it: along the river, up to the depot and on to the sea. */
const ROUTE: Place[] = [
  [-8.6109, 41.1405],
  [-8.6147, 41.1409],
  [-8.6189, 41.1431],
  [-8.6236, 41.1459],
  [-8.6291, 41.1472],
  [-8.6338, 41.1476],
  [-8.6385, 41.1501],
  [-8.6426, 41.1527],
  [-8.6473, 41.1536],
  [-8.6531, 41.1529],
  [-8.6588, 41.1517],
  [-8.6652, 41.1509],
  [-8.6709, 41.1496],
];
const METRE = 1 / 111_320;
/** Seconds between positions, and metres a second on the way. */
const EVERY = 10;
const SPEED = 10;

const metres = ([lngA, latA]: Place, [lngB, latB]: Place): number =>
  Math.hypot((lngB - lngA) * Math.cos((latA * Math.PI) / 180), latB - latA) / METRE;

/** Where the round is after so many metres, and in which direction it goes there. */
function along(walked: number): { place: Place; course: number } {
  let left = walked;
  for (let leg = 1; ; leg++) {
    const [a, b] = [ROUTE[leg - 1], ROUTE[leg]];
    const length = metres(a, b);
    if (left <= length || leg === ROUTE.length - 1) {
      const part = Math.min(left / length, 1);
      const course = (Math.atan2((b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180), b[1] - a[1]) * 180) / Math.PI;
      return {
        place: [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])],
        course: (course + 360) % 360,
      };
    }
    left -= length;
  }
}

/** The depot that the round leads by, half way. */
export const DEPOT: Place = ROUTE[6];
const DEPOT_AT = ROUTE.slice(1, 7).reduce((sum, place, leg) => sum + metres(ROUTE[leg], place), 0);
/** Seconds that a van stands at the depot. */
export const STAND = 240;

/**
 * What a van's device measured on the round until now: a minute before it left, the way to the depot, the stand there, the
 * way on. `behind` seconds after the first van, and so many metres to its side.
 */
export function round(now: number, behind: number): Told[] {
  const toDepot = DEPOT_AT / SPEED;
  const length = 60 + toDepot + STAND + 90;
  const found: Told[] = [];
  for (let second = 0; second <= length; second += EVERY) {
    const driven = Math.max(0, second - 60);
    const stands = driven > toDepot && driven <= toDepot + STAND;
    const walked = stands ? DEPOT_AT : driven <= toDepot ? driven * SPEED : (driven - STAND) * SPEED;
    const { place, course } = along(walked);
    const moves = driven > 0 && !stands;
    found.push({
      fixTime: new Date(now - (length - second + behind) * 1000).toISOString(),
      lat: place[1] + ((second % 30) - 10) * 0.05 * METRE,
      lng: place[0],
      speed: moves ? SPEED : 0,
      course,
      accuracy: 6,
      attributes: { ignition: moves },
    });
  }
  return found;
}

/** A night's drive of 60 km from the south to where the round begins, from a moment on, braking hard at its end. */
export function linehaul(from: number): Told[] {
  const [lng, lat] = ROUTE[0];
  const speeds = [
    ...Array.from({ length: 20 }, () => [EVERY, 0]),
    ...Array.from({ length: 240 }, () => [EVERY, 25]),
    ...[25, 25, 20.1, 15.2, 10.3, 10.3, 6, 3, 0].map((speed) => [1, speed]),
    ...Array.from({ length: 20 }, () => [EVERY, 0]),
  ];
  let [at, left] = [from, speeds.reduce((sum, [seconds, speed]) => sum + seconds * speed, 0)];
  return speeds.map(([seconds, speed]) => {
    at += seconds * 1000;
    left -= seconds * speed;
    return {
      ...{ fixTime: new Date(at).toISOString(), lat: lat - left * METRE, lng, speed, course: 0, accuracy: 6 },
      attributes: { ignition: speed > 0 },
    };
  });
}
