/** Most waypoints of a route. */
export const MOST_WAYPOINTS = 50;
export const MOST_ALTERNATIVES = 3;
/** Most pairs of a matrix that is asked over HTTP, and of one within the process. */
export const MOST_PAIRS = 10_000;
export const MOST_DESTINATIONS = 1_000;
/** Most places of a plan whose ways are measured by roads. */
export const MOST_ROAD_PLACES = 500;
/** Most stretches of road that a question tells the present traffic of. */
export const MOST_SLOW_ROADS = 200;
/** Profiles of traffic that an organization keeps, rules of one, and OpenStreetMap ways that the rules of one name together. */
export const MOST_PROFILES = 20;
export const MOST_RULES = 50;
export const MOST_NAMED_WAYS = 1_000;
/** Roads that an organization keeps as slow or closed at once, now or later, and ways that one entry names. */
export const MOST_OVERRIDES = 200;
export const MOST_OVERRIDE_WAYS = 200;
/** Days for which an ended one can be read. */
export const KEEP_OVERRIDES_DAYS = 30;
/** Widest reach that is drawn, and most bands of one. */
export const MOST_REACH_MINUTES = 120;
export const MOST_REACH_METRES = 200_000;
export const MOST_BANDS = 8;
