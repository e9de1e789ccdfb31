import { bandOf, JourneyFold, SPEED_BANDS, type TripPoint } from './trips';

/** A piece of a track, while it moved. Metres from the start of the track, milliseconds, m/s. */
export interface SpeedBin {
  startDistance: number;
  endDistance: number;
  startTime: number;
  endTime: number;
  averageSpeed: number;
  maxSpeed: number;
}

/** Seconds of movement in a band of speed, and their share of all; `to` is null for the last. */
export interface SpeedBand {
  from: number;
  to: number | null;
  seconds: number;
  share: number;
}

export interface SpeedProfile {
  bins: SpeedBin[];
  bands: SpeedBand[];
  distance: number;
  movingSeconds: number;
}

export const BIN_MEASURES = ['time', 'distance'] as const;
export type BinMeasure = (typeof BIN_MEASURES)[number];

/**
 * How fast a device moved over its way, in bins of so many seconds from `from` on, or of so many metres of the way. Stops and silences are
 * in none; bins in which it did not move are left out.
 * @param points believed fixes in the order of their times
 * @param width seconds or metres, more than 0
 */
export function speedProfileOf(
  points: readonly TripPoint[],
  by: BinMeasure,
  width: number,
  from: number,
): SpeedProfile {
  const bins = new Map<number, SpeedBin & { seconds: number }>();
  const seconds = [...SPEED_BANDS, 0].map(() => 0);
  let walked = 0;
  const fold = new JourneyFold({
    step(step) {
      if (step.kind !== 'moving') return;
      seconds[bandOf(step.speed)] += step.seconds;
      const startTime = step.from.fixTime;
      const [first, last] =
        by === 'time'
          ? [startTime - from, step.to.fixTime - from].map((ms) => ms / 1000 / width)
          : [walked / width, (walked + step.distance) / width];
      // A step over several bins lies in each by its share; one that goes nowhere in metres lies where it is.
      for (let bin = Math.floor(first); bin === Math.floor(first) || bin < last; bin++) {
        const length = last - first;
        const [a, b] = length > 0 ? [bin - first, bin + 1 - first].map((at) => clamp(at / length)) : [0, 1];
        const end = { distance: walked + b * step.distance, time: startTime + b * step.seconds * 1000 };
        const it = bins.get(bin);
        if (it) {
          it.seconds += (b - a) * step.seconds;
          it.endDistance = end.distance;
          it.endTime = end.time;
          it.maxSpeed = Math.max(it.maxSpeed, step.speed);
        } else
          bins.set(bin, {
            startDistance: walked + a * step.distance,
            endDistance: end.distance,
            startTime: startTime + a * step.seconds * 1000,
            endTime: end.time,
            averageSpeed: 0,
            maxSpeed: step.speed,
            seconds: (b - a) * step.seconds,
          });
      }
      walked += step.distance;
    },
  });
  for (const point of points) fold.take(point);
  fold.end();
  const movingSeconds = seconds.reduce((sum, each) => sum + each, 0);
  return {
    bins: [...bins.values()].map(({ seconds: moving, ...bin }) => ({
      ...bin,
      averageSpeed: moving > 0 ? (bin.endDistance - bin.startDistance) / moving : 0,
    })),
    bands: seconds.map((each, band) => ({
      from: band === 0 ? 0 : SPEED_BANDS[band - 1],
      to: SPEED_BANDS[band] ?? null,
      seconds: each,
      share: movingSeconds > 0 ? each / movingSeconds : 0,
    })),
    distance: walked,
    movingSeconds,
  };
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));
