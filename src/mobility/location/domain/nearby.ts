/** Mean radius of the earth in metres (IUGG), and metres of one degree of latitude. */
const EARTH_RADIUS = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Bands of latitude to a degree, as the column `band` has them: each is 1.74 km high. */
const BANDS = 64;
/** Largest distance that is searched, in metres. */
export const MOST_RADIUS = 100_000;
/** The smallest ring, in metres; each further one is four times as wide. */
const FIRST_RING = 200;
/** Added to the widths of bands: rounding must leave nothing out, and the distance decides anyhow. */
const SLACK = 1e-7;

/** Rings around a point, and the parts of bands that each of their outer circles touches: what the statement reads. */
export interface Cover {
  /** Bounds of the rings in millimetres, `(inner, outer]`; the first begins below 0. */
  inner: number[];
  outer: number[];
  /** Parts of bands: which ring, which band, and from where to where. */
  ring: number[];
  band: number[];
  west: number[];
  east: number[];
}

/**
 * The rings within which a search goes from the nearest outwards, so that it may stop at the first that holds enough. A
 * circle around a pole has whole bands, one over the antimeridian has two parts of each.
 * @param radius metres
 */
export function coverOf(lat: number, lng: number, radius: number): Cover {
  const cover: Cover = { inner: [], outer: [], ring: [], band: [], west: [], east: [] };
  const radii: number[] = [];
  for (let r = Math.min(radius, MOST_RADIUS); ; r /= 4) {
    radii.unshift(r);
    if (r / 4 < FIRST_RING) break;
  }
  radii.forEach((metres, i) => {
    const outer = Math.round(metres * 1000);
    cover.inner.push(i === 0 ? -1 : cover.outer[i - 1]);
    cover.outer.push(outer);
    addCircle(cover, i + 1, lat, lng, (metres + 1) / EARTH_RADIUS);
  });
  return cover;
}

/** Parts of bands that a spherical cap of `angle` radians touches. */
function addCircle(cover: Cover, ring: number, lat: number, lng: number, angle: number): void {
  const [south, north] = [lat - angle / RADIANS, lat + angle / RADIANS];
  const bandOf = (degrees: number): number => Math.floor((degrees + 90) * BANDS);
  const last = Math.min(bandOf(north), bandOf(90));
  for (let band = Math.max(bandOf(south), 0); band <= last; band++) {
    const width = halfWidth(lat, angle, Math.max(south, band / BANDS - 90), Math.min(north, (band + 1) / BANDS - 90));
    const add = (west: number, east: number): void => {
      cover.ring.push(ring);
      cover.band.push(band);
      cover.west.push(west);
      cover.east.push(east);
    };
    if (width >= 180) add(-180, 180);
    else if (lng - width < -180) {
      add(-180, lng + width);
      add(lng - width + 360, 180);
    } else if (lng + width > 180) {
      add(lng - width, 180);
      add(-180, lng + width - 360);
    } else add(lng - width, lng + width);
  }
}

/**
 * Degrees of longitude to either side of the centre that the cap reaches between two latitudes. By the law of cosines it
 * is `acos((cos angle − sin lat · sin at) / (cos lat · cos at))` at one latitude, largest where its edge runs north.
 */
function halfWidth(lat: number, angle: number, south: number, north: number): number {
  const centre = lat * RADIANS;
  const at = (degrees: number): number => {
    const phi = degrees * RADIANS;
    const below = Math.cos(centre) * Math.cos(phi);
    if (below < 1e-12) return 180;
    const cosine = (Math.cos(angle) - Math.sin(centre) * Math.sin(phi)) / below;
    return cosine <= -1 ? 180 : cosine >= 1 ? 0 : Math.acos(cosine) / RADIANS;
  };
  if (north >= 90 || south <= -90 || lat + angle / RADIANS >= 90 || lat - angle / RADIANS <= -90) return 180;
  const turn = Math.asin(Math.min(1, Math.max(-1, Math.sin(centre) / Math.cos(angle)))) / RADIANS;
  const widths = [at(south), at(north), ...(south < turn && turn < north ? [at(turn)] : [])];
  return Math.max(...widths) + SLACK;
}

/** SQL: millimetres on the sphere (haversine) between a point and columns `lat`, `lng` of a row. */
export const distanceSql = (row: string, lat: string, lng: string): string =>
  `round(${2 * EARTH_RADIUS * 1000} * asin(least(1, sqrt(power(sin(radians(${row}.lat - ${lat}) / 2), 2)
    + cos(radians(${lat})) * cos(radians(${row}.lat)) * power(sin(radians(${row}.lng - ${lng}) / 2), 2)))))::bigint`;
