/** Tags of an OSM element. */
export type Tags = Readonly<Record<string, string>>;

/** Kinds of road, best first; their order is stored in graphs. */
export const ROAD_CLASSES = [
  'motorway',
  'motorway_link',
  'trunk',
  'trunk_link',
  'primary',
  'primary_link',
  'secondary',
  'secondary_link',
  'tertiary',
  'tertiary_link',
  'unclassified',
  'residential',
  'living_street',
  'service',
  'track',
  'ferry',
] as const;
export type RoadClass = (typeof ROAD_CLASSES)[number];

/** What is driven where no limit is told, km/h, in the order of the kinds. */
const SPEEDS = [110, 60, 90, 50, 70, 40, 60, 35, 50, 30, 40, 30, 10, 15, 10, 15];
/** On the whole a limit is not reached, for bends, junctions and others. */
const SHARE_OF_LIMIT = 0.85;
const MPH = 1.609344;
const LEAST_KMH = 4;
const MOST_KMH = 130;

/** Limits that are told by a name (OSM wiki, Key:maxspeed); those of a country by the part after its code. */
const NAMED_LIMITS: Record<string, number> = {
  none: 130,
  walk: 7,
  living_street: 10,
  zone30: 30,
  urban: 50,
  rural: 90,
  trunk: 100,
  motorway: 120,
};

/** Who may drive here, from the special to the general. */
const ACCESS_KEYS = ['motorcar', 'motor_vehicle', 'vehicle', 'access'] as const;
const OPEN = new Set(['yes', 'permissive', 'designated', 'destination', 'customers', 'delivery', 'official', 'public']);
const SHUT = new Set(['no', 'private', 'agricultural', 'forestry', 'emergency', 'psv', 'bus', 'military', 'permit']);

/** A road as a car sees it. Speeds in km/h; 0: not in that direction. */
export interface Road {
  class: number;
  name: string;
  ref: string;
  forward: number;
  backward: number;
  roundabout: boolean;
  toll: boolean;
}

const access = (tags: Tags): boolean | null => {
  for (const key of ACCESS_KEYS) {
    const value = tags[key];
    if (value === undefined) continue;
    if (SHUT.has(value)) return false;
    if (OPEN.has(value)) return true;
  }
  return null;
};

/** A limit in km/h; null where none is told. */
export function speedLimit(text: string | undefined): number | null {
  if (text === undefined) return null;
  const first = text.split(';')[0].trim();
  const number = /^(\d+(?:\.\d+)?)\s*(mph|knots|km\/h|kmh)?$/i.exec(first);
  if (number) {
    const value = Number(number[1]) * (number[2]?.toLowerCase() === 'mph' ? MPH : 1);
    return value > 0 ? value : null;
  }
  return NAMED_LIMITS[first.includes(':') ? first.slice(first.indexOf(':') + 1).toLowerCase() : first] ?? null;
}

/** How a car may use a way; null where it may not. Rules of the OSM wiki (Key:highway, Key:access, Key:oneway). */
export function roadOf(tags: Tags): Road | null {
  const kind = tags.route === 'ferry' ? 'ferry' : tags.highway;
  const place = ROAD_CLASSES.indexOf(kind as RoadClass);
  const allowed = access(tags);
  if (place < 0 || tags.area === 'yes' || allowed === false) return null;
  // Tracks, and ferries that do not say so, are not for cars unless they are told to be.
  if ((kind === 'track' || kind === 'ferry') && allowed !== true) return null;
  if (kind === 'service' && tags.service === 'emergency_access') return null;
  const usual = SPEEDS[place];
  const speed = (limit: string | undefined): number => {
    const told = speedLimit(limit) ?? speedLimit(tags.maxspeed);
    const driven = told === null ? usual : told * SHARE_OF_LIMIT;
    return Math.min(MOST_KMH, Math.max(LEAST_KMH, driven));
  };
  const roundabout = tags.junction === 'roundabout' || tags.junction === 'circular';
  const told = tags['oneway:motorcar'] ?? tags['oneway:motor_vehicle'] ?? tags.oneway;
  const oneway =
    told === '-1' || told === 'reverse'
      ? -1
      : told === 'yes' || told === '1' || told === 'true'
        ? 1
        : told === 'no' || told === '0' || told === 'false'
          ? 0
          : roundabout || kind === 'motorway'
            ? 1
            : 0;
  // Changes with the hours or by signals: neither can be relied on.
  if (told === 'reversible' || told === 'alternating') return null;
  return {
    class: place,
    name: tags.name ?? '',
    ref: tags.ref ?? '',
    forward: oneway === -1 ? 0 : speed(tags['maxspeed:forward']),
    backward: oneway === 1 ? 0 : speed(tags['maxspeed:backward']),
    roundabout,
    toll: tags.toll === 'yes' || tags['toll:motorcar'] === 'yes',
  };
}

const PASSABLE = new Set([
  'cattle_grid',
  'border_control',
  'toll_booth',
  'sally_port',
  'gate',
  'lift_gate',
  'swing_gate',
  'no',
  'entrance',
  'height_restrictor',
  'kerb',
]);

/** Does a node keep cars from going on along the way? Gates are taken to be open unless their access says otherwise. */
export function blocks(tags: Tags): boolean {
  const allowed = access(tags);
  if (tags.barrier === undefined) return tags.highway !== undefined && allowed === false;
  return allowed === null ? !PASSABLE.has(tags.barrier) : !allowed;
}

/** A rule of a junction: `only` or `no`, and by what members it is told. */
export interface TurnRule {
  only: boolean;
  uTurn: boolean;
  from: number[];
  to: number[];
  /** A node; null for rules over ways between. */
  via: number | null;
  /** Ways between, one after another. */
  ways: number[];
}

/** What a restriction relation says to cars; null where nothing (OSM wiki, Relation:restriction). */
export function turnRuleOf(
  tags: Tags,
  members: readonly { type: string; ref: number; role: string }[],
): TurnRule | null {
  if (tags.type !== 'restriction') return null;
  const rule = tags['restriction:motorcar'] ?? tags.restriction;
  if (rule === undefined || !/^(?:no|only)_/.test(rule)) return null;
  if ((tags.except ?? '').split(';').some((one) => one.trim() === 'motorcar' || one.trim() === 'motor_vehicle'))
    return null;
  const refs = (role: string, type: string): number[] =>
    members.filter((one) => one.role === role && one.type === type).map(({ ref }) => ref);
  const [from, to, via, ways] = [refs('from', 'way'), refs('to', 'way'), refs('via', 'node'), refs('via', 'way')];
  if (from.length === 0 || to.length === 0) return null;
  // Both, or several nodes: nobody knows what is meant.
  const clear = via.length + Math.min(1, ways.length) === 1;
  return {
    only: rule.startsWith('only_'),
    uTurn: rule === 'no_u_turn',
    from,
    to,
    via: clear && via.length === 1 ? via[0] : null,
    ways: clear ? ways : [],
  };
}
