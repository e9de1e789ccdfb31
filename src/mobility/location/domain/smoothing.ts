import { fromMetres, toMetres, type Place } from './geodesy';
import type { Fix } from './fix';

/** Standard deviation of what drivers do to the speed, m/s². */
const ACCELERATION = 2;
/** No receiver is better than this (metres), and one that does not say is taken for this good. */
const LEAST_ERROR = 3;
const USUAL_ERROR = 10;
/** After a longer silence nothing is known of the speed any more. */
const FORGOTTEN_SECONDS = 120;
/** 99 % of fixes lie within it: chi-square of two degrees of freedom. */
const GATE = 9.21;
/** So many fixes in a row outside of the gate say that the filter is wrong, not they. */
const MOST_GATED = 3;

interface Axis {
  position: number;
  speed: number;
  /** Covariance: of the position, of both, of the speed. */
  pp: number;
  pv: number;
  vv: number;
}

const predicted = ({ position, speed, pp, pv, vv }: Axis, dt: number): Axis => {
  const q = ACCELERATION * ACCELERATION;
  return {
    position: position + speed * dt,
    speed,
    pp: pp + 2 * dt * pv + dt * dt * vv + (q * dt ** 4) / 4,
    pv: pv + dt * vv + (q * dt ** 3) / 2,
    vv: vv + q * dt * dt,
  };
};

const corrected = (axis: Axis, measured: number, variance: number): Axis => {
  const total = axis.pp + variance;
  const gain = axis.pp / total;
  const drive = axis.pv / total;
  const off = measured - axis.position;
  return {
    position: axis.position + gain * off,
    speed: axis.speed + drive * off,
    pp: (1 - gain) * axis.pp,
    pv: (1 - gain) * axis.pv,
    vv: axis.vv - drive * axis.pv,
  };
};

const fresh = (variance: number): Axis => ({ position: 0, speed: 0, pp: variance, pv: 0, vv: 400 });

/**
 * A track without its noise: a Kalman filter of constant velocity for each axis, in metres around where it began. A fix that lies
 * outside of the gate moves nothing. Fixes in the order of their times; as many places come back.
 */
export function smoothed(fixes: readonly Pick<Fix, 'fixTime' | 'lat' | 'lng' | 'accuracy'>[]): Place[] {
  const places: Place[] = [];
  let origin: Place | null = null;
  let east = fresh(1);
  let north = fresh(1);
  let gated = 0;
  fixes.forEach((fix, index) => {
    const variance = Math.max(fix.accuracy ?? USUAL_ERROR, LEAST_ERROR) ** 2;
    const dt = index === 0 ? 0 : (fix.fixTime - fixes[index - 1].fixTime) / 1000;
    if (origin === null || dt > FORGOTTEN_SECONDS) {
      origin = { lat: fix.lat, lng: fix.lng };
      [east, north, gated] = [fresh(variance), fresh(variance), 0];
      return void places.push({ lat: fix.lat, lng: fix.lng });
    }
    east = predicted(east, dt);
    north = predicted(north, dt);
    const { x, y } = toMetres(origin, fix);
    const off = (x - east.position) ** 2 / (east.pp + variance) + (y - north.position) ** 2 / (north.pp + variance);
    if (off <= GATE) {
      east = corrected(east, x, variance);
      north = corrected(north, y, variance);
      gated = 0;
    } else if (++gated >= MOST_GATED) {
      origin = { lat: fix.lat, lng: fix.lng };
      [east, north, gated] = [fresh(variance), fresh(variance), 0];
    }
    places.push(fromMetres(origin, { x: east.position, y: north.position }));
  });
  return places;
}
