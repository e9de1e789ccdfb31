import { nearest } from '../config/nearest';

/** Removes what is not printable ASCII and cuts, so that a name from the wire can stand in a message. */
export const printable = (name: string): string => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);

/** `Did you mean "x"?`, or the list of what is allowed: the hint beside an unknown name. */
export function suggest(wrong: string, valid: Iterable<string>): string {
  const names = [...valid];
  if (names.length === 0) return 'None is allowed here.';
  const plain = (name: string): string => name.toLowerCase().replace(/[-_]/g, '');
  const near = wrong.length > 64 ? null : (names.find((name) => plain(name) === plain(wrong)) ?? nearest(wrong, names));
  return near ? `Did you mean "${near}"?` : `Allowed: ${names.sort().join(', ')}.`;
}
