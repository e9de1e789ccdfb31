/**
 * Finds payment card numbers (PANs) in texts, so that they can be refused or masked: they have no place on this server,
 * nor in its logs (PCI DSS 3.4, 3.5; the scope is SAQ A). What counts as one, and what does not, is decision 36.
 */

/** Leading digits of a network's cards, as inclusive bounds of equal length, and how many digits its numbers have. */
type Range = readonly [first: number, last: number, lengths: readonly number[]];

const SIXTEEN = [16];
const SIXTEEN_UP = [16, 17, 18, 19];
const MAESTRO = [13, 14, 15, 16, 17, 18, 19];

/** Issuer identification numbers (ISO/IEC 7812-1) of networks that shops meet. */
const RANGES: readonly Range[] = [
  [4, 4, [13, 16, 19]], // Visa
  [51, 55, SIXTEEN], // Mastercard
  [2221, 2720, SIXTEEN],
  [34, 34, [15]], // American Express
  [37, 37, [15]],
  [300, 305, [14, 16]], // Diners Club
  [3095, 3095, [14, 16]],
  [36, 36, [14, 16]],
  [38, 39, [14, 16]],
  [6011, 6011, SIXTEEN_UP], // Discover
  [644, 649, SIXTEEN_UP],
  [65, 65, SIXTEEN_UP],
  [3528, 3589, SIXTEEN_UP], // JCB
  [62, 62, SIXTEEN_UP], // UnionPay
  [8100, 8171, SIXTEEN_UP],
  [5018, 5018, MAESTRO],
  [5020, 5020, MAESTRO],
  [5038, 5038, MAESTRO],
  [5893, 5893, MAESTRO],
  [6304, 6304, MAESTRO],
  [6390, 6390, MAESTRO],
  [6759, 6759, MAESTRO],
  [6761, 6763, MAESTRO],
  [5019, 5019, SIXTEEN], // Dankort
  [2200, 2205, SIXTEEN_UP], // Mir, Borica
  [60, 60, SIXTEEN], // RuPay, Hipercard
  [81, 82, SIXTEEN],
  [508, 509, SIXTEEN], // RuPay, Elo
  [5067, 5067, SIXTEEN],
  [6362, 6363, SIXTEEN],
  [506099, 506198, [16, 18, 19]], // Verve
  [637, 639, SIXTEEN], // InstaPayment
  [8600, 8600, SIXTEEN], // UzCard
  [9792, 9792, SIXTEEN], // Troy
  [9860, 9860, SIXTEEN], // Humo
];

const LEAST = 13;
const MOST = 19;

function isOfNetwork(digits: string): boolean {
  return RANGES.some(([first, last, lengths]) => {
    if (!lengths.includes(digits.length)) return false;
    const lead = Number(digits.slice(0, String(first).length));
    return lead >= first && lead <= last;
  });
}

/** The check digit of ISO/IEC 7812-1, annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

/** Numbers of articles and parcels (GTIN-13, GTIN-14, SSCC) have the check digit of the GS1 General Specifications. */
function isOfArticle(digits: string): boolean {
  if (digits.length !== 13 && digits.length !== 14 && digits.length !== 18) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++)
    sum += (digits.charCodeAt(digits.length - 1 - i) - 48) * (i % 2 === 0 ? 1 : 3);
  return sum % 10 === 0;
}

/** Fields that are meant for card numbers by their name, wherever they came from. */
const NAMED_CARD =
  /^(?:pan|primaryaccountnumber|(?:credit|debit|payment|bank)?card(?:no|num|number)|cc(?:no|num|number)?)$/;
/** Fields of long numbers that others give out and that pass for card numbers now and then. */
const NAMED_OTHERWISE = /(?:tracking|serial|imei|iccid|lot|batch|phone|mobile|fax)(?:no|num|number|code|id)?s?$/;

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');

/** True for groups as they are printed on cards: 4-4-4-4, 4-6-5, 4-6-4, or equal groups with a shorter last one. */
function areGroupsOfCard(sizes: number[]): boolean {
  if (sizes.length === 1) return true;
  const shape = sizes.join('-');
  if (shape === '4-6-5' || shape === '4-6-4' || shape === '4-3-3-3') return true;
  const [first] = sizes;
  const last = sizes.at(-1)!;
  return first <= 8 && last <= first && sizes.slice(0, -1).every((size) => size === first);
}

const SEPARATORS = ' \\-.\\u00a0\\u2009\\u202f\\u2010-\\u2015';
const RUN = new RegExp(`\\d+(?:[${SEPARATORS}]{1,3}\\d+)*`, 'g');
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g;
/** Beside these a number is a part of something else: an id, a hash, a token, a telephone number. */
const CLINGS_BEFORE = /[\p{L}\p{N}_+]/u;
const CLINGS_AFTER = /[\p{L}\p{N}_]/u;

function isCardNumber(groups: string[], name: string): boolean {
  const digits = groups.join('');
  if (digits.length < LEAST || digits.length > MOST) return false;
  if (!areGroupsOfCard(groups.map(({ length }) => length)) || !passesLuhn(digits) || /^(\d)\1*$/.test(digits))
    return false;
  if (NAMED_CARD.test(name)) return true;
  if (!isOfNetwork(digits) || isOfArticle(digits)) return false;
  return groups.length > 1 ? digits.length > 13 : !NAMED_OTHERWISE.test(name);
}

const DIGITS_ENOUGH = /\d(?:[ \-.\u0080-\uffff]{0,9}\d){12}/;

/** Whether a text can hold a card number at all, in a few nanoseconds a character: nearly no text can. */
export const mayHoldCardNumber = (text: string): boolean => text.length >= LEAST && DIGITS_ENOUGH.test(text);

/** As `mayHoldCardNumber`, for the UTF-8 bytes of a text. */
export function mayHoldCardNumberBytes(bytes: Uint8Array): boolean {
  let digits = 0;
  let gap = 0;
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i];
    if (code >= 48 && code <= 57) {
      gap = 0;
      if (++digits === LEAST) return true;
    } else if (digits > 0 && (code === 32 || code === 45 || code === 46 || code > 127) && gap < 9) gap++;
    else digits = 0;
  }
  return false;
}

/** ISO 13616: an account's number has its own check digits, and in print groups of four. */
function isBankAccount(text: string): boolean {
  const compact = text.replaceAll(' ', '');
  const digits = (compact.slice(4) + compact.slice(0, 4)).replace(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 55),
  );
  return compact.length >= 15 && BigInt(digits) % 97n === 1n;
}

/** The text without what has digits enough but is known to be something else; nothing moves. */
const withoutOthers = (text: string): string =>
  text
    .replace(UUID, (id) => 'x'.repeat(id.length))
    .replace(IBAN, (iban) => (isBankAccount(iban) ? 'x'.repeat(iban.length) : iban));

/** Tells where card numbers stand, from left to right. */
function scan(text: string, name: string, found: (start: number, end: number) => void): void {
  let held = false;
  scanRuns(text, name, () => (held = true));
  // What else it may be is only asked where there is something.
  if (held) scanRuns(withoutOthers(text), name, found);
}

function scanRuns(text: string, name: string, found: (start: number, end: number) => void): void {
  for (const run of text.matchAll(RUN)) {
    if (run[0].length < LEAST) continue;
    const groups = [...run[0].matchAll(/\d+/g)];
    for (let from = 0; from < groups.length; from++) {
      const start = run.index + groups[from].index;
      if (start > 0 && CLINGS_BEFORE.test(text[start - 1])) continue;
      const to = endOfCard(groups, from, name);
      const end = to === 0 ? 0 : run.index + groups[to - 1].index + groups[to - 1][0].length;
      if (to === 0 || (end < text.length && CLINGS_AFTER.test(text[end]))) continue;
      found(start, end);
      from = to - 1;
    }
  }
}

/** Index behind the last group of a card number that begins with the group `from`; 0 where none does. */
function endOfCard(groups: RegExpExecArray[], from: number, name: string): number {
  let digits = 0;
  for (let to = from + 1; to <= groups.length; to++) {
    digits += groups[to - 1][0].length;
    if (digits > MOST) return 0;
    if (digits < LEAST) continue;
    const taken = groups.slice(from, to).map(([group]) => group);
    if (isCardNumber(taken, name)) return to;
  }
  return 0;
}

/**
 * Whether a text holds a card number: 13 to 19 digits, alone or in groups as they are typed, of a known network and with
 * a right check digit, beside no letter. `name` is the field that the text is the value of.
 */
export function holdsCardNumber(text: string, name = ''): boolean {
  if (!mayHoldCardNumber(text)) return false;
  let held = false;
  scan(text, plain(name), () => (held = true));
  return held;
}

/** The text with every card number replaced by `word`, for what is logged or kept; `0` leaves JSON what it is. */
export function maskCardNumbers(text: string, word = '[card number]'): string {
  if (!mayHoldCardNumber(text)) return text;
  let masked = '';
  let from = 0;
  scan(text, '', (start, end) => {
    masked += text.slice(from, start) + word;
    from = end;
  });
  return masked + text.slice(from);
}

/** The last four digits of a card's number, whole or masked (`7002 **** 1234`); null where it does not end in them. */
export const lastFourOf = (text: string): string | null =>
  text.length > 40 ? null : (/\d{4}$/.exec(text.replace(/[\s.-]/g, ''))?.[0] ?? null);

/**
 * Looks for a card number in a parsed value, names of its members included.
 * @returns the JSON pointer of the field that holds one, or null. A name that is one is not repeated.
 */
export function findCardNumber(value: unknown): string | null {
  return findWithin(value, '');
}

/** The pointer is put together on the way back: there hardly ever is one. @param name the field that the value is of */
function findWithin(value: unknown, name: string): string | null {
  if (typeof value === 'string') return value.length >= LEAST && holdsCardNumber(value, name) ? '' : null;
  if (typeof value === 'number') {
    if (!(value >= 1e12 && Number.isSafeInteger(value))) return null;
    const digits = String(value);
    // The check digit first: times in milliseconds are numbers of thirteen digits.
    return passesLuhn(digits) && holdsCardNumber(digits, name) ? '' : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = findWithin(value[i], name);
      if (found !== null) return `/${i}${found}`;
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    if (key.length >= LEAST && holdsCardNumber(key)) return '';
    const found = findWithin((value as Record<string, unknown>)[key], key);
    if (found !== null) return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${found}`;
  }
  return null;
}
