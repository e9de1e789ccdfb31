import { formatAddress } from 'localized-address-format';
import { isPostalCodeOf } from './postal-code';

/** What is judged of an address; `country` is ISO 3166-1 alpha-2. */
export interface PostalAddress {
  name?: string | null;
  line1?: string | null;
  line2?: string | null;
  city?: string | null;
  region?: string | null;
  postalCode?: string | null;
  country?: string | null;
}

/**
 * Countries whose addresses bear no postal code, or where it is seldom known (Universal Postal Union, "Addressing
 * systems"; the `require` members of Google's libaddressinput).
 */
const WITHOUT_POSTAL_CODE = new Set(
  (
    'AE AG AN AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GN GQ GY HK IE JM KI KM KN KP LC LY ' +
    'ML MO MR MS MW NA NR NU PA QA RW SB SC SL SR ST SX SY TD TF TG TK TO TT TV UG VU WS YE ZW'
  ).split(' '),
);

/** What is wrong with an address. `member` is the member of the address. */
export interface AddressFault {
  member: 'name' | 'line1' | 'city' | 'postalCode' | 'country';
  code: 'required' | 'postal-code-invalid';
  detail: string;
}

/**
 * Everything that is wrong with where something goes, by the customs of its country; nothing where it can be delivered. No
 * country needs its state or province said: a postal code lies in one, and who sells by country alone need not ask for it.
 */
export function addressFaults(address: PostalAddress): AddressFault[] {
  const faults: AddressFault[] = [];
  const demand = (member: AddressFault['member'], detail: string): void => {
    if (!address[member]?.trim()) faults.push({ member, code: 'required', detail });
  };
  demand('name', 'Say whom it is for.');
  demand('line1', 'Say the street and number, or the box.');
  demand('city', 'Say the town.');
  const country = address.country ?? '';
  const code = address.postalCode?.trim();
  if (!code) {
    if (!WITHOUT_POSTAL_CODE.has(country)) demand('postalCode', `An address in ${country} needs its postal code.`);
  } else if (!isPostalCodeOf(code, country))
    faults.push({
      member: 'postalCode',
      code: 'postal-code-invalid',
      detail: `${code} is no postal code of ${country}.`,
    });
  return faults;
}

const countries = new Intl.DisplayNames(['en'], { type: 'region' });
/** Latin letters, with those of Latin languages: an address in them is written from the smallest to the largest everywhere. */
const LATIN = /^[\p{Script=Latin}\p{Script=Common}]*$/u;

/**
 * The lines of an address by the customs of its country (libaddressinput), and the country itself last. What those customs
 * have no place for is not left out but follows in a line of its own.
 */
export function postalLines(address: PostalAddress): string[] {
  const { name, line1, line2, city, region, postalCode, country } = address;
  const known = (text: string | null | undefined): text is string => Boolean(text?.trim());
  const latin = [name, line1, line2, city, region].every((part) => LATIN.test(part ?? ''));
  const written = (addressLines: string[]): string[] =>
    formatAddress(
      {
        postalCountry: country ?? undefined,
        name: name ?? undefined,
        addressLines,
        locality: city ?? undefined,
        administrativeArea: region ?? undefined,
        postalCode: postalCode ?? undefined,
      },
      latin ? 'latin' : 'local',
    );
  const street = [line1, line2].filter(known);
  const placed = placesOf(country ?? undefined, latin);
  // One that is called as its town stands once.
  const once = known(city) && known(region) && city.trim() === region.trim();
  // Some countries count the town to the street's lines.
  const townInStreet = known(city) && !placed.city && !(once && placed.region);
  const lines = written(townInStreet ? (latin ? [...street, city] : [city, ...street]) : street);
  const rest = [placed.postalCode ? null : postalCode, placed.region || once ? null : region].filter(known);
  return [...lines, ...rest, ...(known(country) ? [countryName(country)] : [])];
}

/** Characters for private use: no format has them. */
const PROBES = { city: '\u{e000}', region: '\u{e001}', postalCode: '\u{e002}' };

/** Which parts the customs of a country have a place for. */
function placesOf(country: string | undefined, latin: boolean): Record<keyof typeof PROBES, boolean> {
  const probe = {
    postalCountry: country,
    locality: PROBES.city,
    administrativeArea: PROBES.region,
    postalCode: PROBES.postalCode,
  };
  const text = formatAddress(probe, latin ? 'latin' : 'local').join('');
  const has = (part: keyof typeof PROBES): boolean => text.includes(PROBES[part]);
  return { city: has('city'), region: has('region'), postalCode: has('postalCode') };
}

function countryName(code: string): string {
  try {
    return countries.of(code) ?? code;
  } catch {
    return code;
  }
}
