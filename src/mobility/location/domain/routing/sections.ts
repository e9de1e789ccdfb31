import type { MatchedSection, MatchedWay } from './match';

/** A way on roads between two fixes, by their numbers. */
export type Section = Omit<MatchedSection, 'joined'>;

/** Adds what was driven on a road to the ways before: the same road goes on. */
export function addWay(ways: MatchedWay[], way: MatchedWay): void {
  const last = ways.at(-1);
  if (last && last.name === way.name && last.ref === way.ref) last.metres += way.metres;
  else ways.push({ ...way });
}

/** Makes a section longer by the one that begins where it ends. */
export function extend(section: Section, { to, metres, ways, coordinates }: Section): void {
  section.to = to;
  section.metres += metres;
  for (const place of coordinates) {
    const before = section.coordinates.at(-1);
    if (!before || before[0] !== place[0] || before[1] !== place[1]) section.coordinates.push(place);
  }
  for (const way of ways) addWay(section.ways, way);
}
