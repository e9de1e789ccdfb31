const DAY_MS = 86_400_000;

/** After how much a thing is to be done again, whichever comes first; null: not by that. */
export interface Intervals {
  everyDays: number | null;
  everyMetres: number | null;
  /** Seconds of the engine. */
  everySeconds: number | null;
  /** It is told ahead when so much of an interval is left. */
  leadPercent: number;
}

/** Where it was done last, or began to count. */
export interface Base {
  at: Date;
  metres: number;
  seconds: number;
}

export type DueBy = 'date' | 'distance' | 'engine_hours';
export type DueState = 'ok' | 'upcoming' | 'due';

/** When it is due next, and told ahead, by each of its intervals. */
export function pointsOf(every: Intervals, base: Base) {
  const lead = every.leadPercent / 100;
  const dueAt = every.everyDays === null ? null : base.at.getTime() + every.everyDays * DAY_MS;
  const dueMetres = every.everyMetres === null ? null : base.metres + every.everyMetres;
  const dueSeconds = every.everySeconds === null ? null : base.seconds + every.everySeconds;
  return {
    dueAt: dueAt === null ? null : new Date(dueAt),
    warnAt: dueAt === null ? null : new Date(dueAt - every.everyDays! * DAY_MS * lead),
    dueMetres,
    warnMetres: dueMetres === null ? null : dueMetres - every.everyMetres! * lead,
    dueSeconds,
    warnSeconds: dueSeconds === null ? null : dueSeconds - every.everySeconds! * lead,
  };
}

/** How it stands, and by which interval: whichever comes first. A jump over several intervals is due once. */
export function standingOf(every: Intervals, base: Base, now: Base): { state: DueState; by: DueBy | null } {
  const points = pointsOf(every, base);
  const reached = (warn: boolean): DueBy | null => {
    const at = warn ? points.warnAt : points.dueAt;
    const metres = warn ? points.warnMetres : points.dueMetres;
    const seconds = warn ? points.warnSeconds : points.dueSeconds;
    if (at !== null && now.at >= at) return 'date';
    if (metres !== null && now.metres >= metres) return 'distance';
    if (seconds !== null && now.seconds >= seconds) return 'engine_hours';
    return null;
  };
  const due = reached(false);
  if (due) return { state: 'due', by: due };
  const near = reached(true);
  return near ? { state: 'upcoming', by: near } : { state: 'ok', by: null };
}
