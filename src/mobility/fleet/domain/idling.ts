import { inOrder, medianOfThree, runsOf, type DrivenPoint } from './driving';

/** The engine of a vehicle ran while it stood. */
export interface Idling {
  /** Milliseconds. */
  at: number;
  seconds: number;
  lat: number;
  lng: number;
}

/** Slower is standing, in m/s; shorter is traffic, in seconds. */
const STANDS = 1;
const LEAST_SECONDS = 300;

/** True where the device says that the engine runs, and that it stands. What it does not say is no idling. */
export const standsRunning = ({ ignition, speed }: DrivenPoint): boolean =>
  ignition === true && speed !== null && speed < STANDS;

/**
 * Where the engine ran for five minutes or longer while the vehicle stood, from points of any order and repetition. A single
 * outlier of speed parts nothing; a silence of more than ten minutes does.
 * @param least seconds
 */
export function idlingOf(given: readonly DrivenPoint[], least = LEAST_SECONDS): Idling[] {
  const points = inOrder(given);
  const speeds = medianOfThree(points.map(({ speed }) => speed));
  const steps = points.slice(1).map((point, i) => ({
    from: points[i],
    seconds: (point.at - points[i].at) / 1000,
    idle: standsRunning({ ...points[i], speed: speeds[i] }) && standsRunning({ ...point, speed: speeds[i + 1] }),
  }));
  return runsOf(steps, 'idling', least, ({ idle }) => (idle ? 0 : null)).map(({ at, seconds, lat, lng }) => ({
    ...{ at: Date.parse(at), seconds, lat, lng },
  }));
}
