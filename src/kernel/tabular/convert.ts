import { DateTime } from 'luxon';
import { holdsCardNumber, lastFourOf } from '../cards/card-number';
import { AppError } from '../errors/app-error';
import { isCurrency, parseMoney } from '../money/money';
import type { FieldSpec } from './fields';

/** Why a text cannot be a field's value. */
export class Unconvertible extends Error {
  constructor(
    readonly code: string,
    readonly reason: string,
  ) {
    super(reason);
  }
}

export interface ConvertOptions {
  /** ISO 4217 code for amounts of money. */
  currency?: string;
  decimal?: '.' | ',';
  /** IANA name; default UTC. */
  timeZone?: string;
  /** How days are written whose year comes last; default: they are none. */
  dateOrder?: 'dmy' | 'mdy';
}

const TRUE = new Set(['true', 'yes', 'y', '1', 't']);
const FALSE = new Set(['false', 'no', 'n', '0', 'f']);
const EMAIL = /^[^\s@<>"(),;:\\]+@[^\s@<>"(),;:\\]+\.[^\s@<>"(),;:\\.]{2,}$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** The value that `text` means for a field; `name` is the field's. @throws Unconvertible with a code and a sentence for a person. */
export function convert(
  text: string,
  spec: FieldSpec,
  options: ConvertOptions = {},
  name = '',
): string | number | boolean {
  if (spec.type === 'card') return card(text);
  if (holdsCardNumber(text, name))
    throw new Unconvertible('card-number', 'The cell holds a payment card number; card numbers are not kept here.');
  switch (spec.type) {
    case 'text':
      return bounded(text, spec);
    case 'email':
      if (!EMAIL.test(text)) throw new Unconvertible('not-an-email', `${quoted(text)} is not an e-mail address.`);
      return bounded(text, spec);
    case 'integer':
      return inRange(integer(text), spec, String);
    case 'decimal':
      return inRange(decimal(text, options), spec, String);
    case 'money':
      return money(text, spec, options);
    case 'rate':
      return rate(text, options);
    case 'boolean':
      return boolean(text);
    case 'date':
      return date(text, options);
    case 'currency': {
      const code = text.toUpperCase();
      if (!isCurrency(code))
        throw new Unconvertible('unknown-currency', `${quoted(text)} is not an ISO 4217 currency.`);
      return code;
    }
    case 'country':
      if (!/^[A-Za-z]{2}$/.test(text)) {
        throw new Unconvertible('unknown-country', `${quoted(text)} is not a two-letter country code (ISO 3166-1).`);
      }
      return text.toUpperCase();
  }
}

/** Twelve digits and more, as they are typed: the number of a card, perhaps. */
const LONG_NUMBER = /\d(?:[ -]?\d){11,}/g;

/** Whether a text has a number so long that faults do not show it. */
export const holdsLongNumber = (text: string): boolean => text.search(LONG_NUMBER) >= 0;

/** A text as faults show it: in quotes, of long numbers the last four digits alone, and cut so that a fault stays a line. */
export function quoted(text: string): string {
  const shown = text.replace(LONG_NUMBER, (run) => run.slice(0, -4).replace(/\d/g, '*') + run.slice(-4));
  return JSON.stringify(shown.length > 40 ? `${shown.slice(0, 40)}…` : shown);
}

function bounded(text: string, spec: FieldSpec): string {
  // A NUL cannot be stored as text by PostgreSQL.
  if (text.includes('\0')) throw new Unconvertible('not-text', 'The text contains a NUL character.');
  if (spec.maxLength !== undefined && text.length > spec.maxLength) {
    throw new Unconvertible(
      'too-long',
      `The text has ${text.length} characters; at most ${spec.maxLength} are possible.`,
    );
  }
  if (spec.oneOf) {
    const meant = spec.oneOf.find((one) => one === text.toLowerCase());
    if (meant === undefined)
      throw new Unconvertible('not-one-of', `${quoted(text)} is none of ${spec.oneOf.join(', ')}.`);
    return meant;
  }
  if (spec.pattern && !spec.pattern.test.test(text))
    throw new Unconvertible('wrong-form', `${quoted(text)} is not ${spec.pattern.says}.`);
  return text;
}

function integer(text: string): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new Unconvertible('not-a-number', `${quoted(text)} is not a whole number.`);
  return value;
}

function decimal(text: string, options: ConvertOptions): number {
  const plain = options.decimal === ',' ? text.replace(',', '.') : text;
  if (!/^[+-]?\d{1,12}(?:\.\d{1,12})?$/.test(plain))
    throw new Unconvertible('not-a-number', `${quoted(text)} is not a number such as 12${options.decimal ?? '.'}5.`);
  return Number(plain);
}

/** What a card is known by. A number that is not understood is not repeated. */
function card(text: string): string {
  const digits = lastFourOf(text);
  if (digits === null)
    throw new Unconvertible('not-a-card', 'The cell does not end in the last four digits of a card.');
  return digits;
}

function money(text: string, spec: FieldSpec, options: ConvertOptions): number {
  if (!options.currency)
    throw new Unconvertible('no-currency', 'The amount has no currency: neither its row nor the profile names one.');
  const plain = options.decimal === ',' ? text.replace(',', '.') : text;
  try {
    return inRange(parseMoney(plain, options.currency).amount, spec, (value) => `${value} minor units`);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new Unconvertible(
      error.code === 'money.unknown-currency' ? 'unknown-currency' : 'not-an-amount',
      `${quoted(text)} is not an amount of ${options.currency}, such as 12.50.`,
    );
  }
}

function rate(text: string, options: ConvertOptions): number {
  const match = /^(0|1)?(?:\.(\d+))?$/.exec(options.decimal === ',' ? text.replace(',', '.') : text);
  const digits = (match?.[2] ?? '').replace(/0+$/, '');
  if (!match || text === '' || text === '.' || digits.length > 4) {
    throw new Unconvertible(
      'not-a-rate',
      `${quoted(text)} is not a fraction between 0 and 1 with at most four decimals.`,
    );
  }
  const points = Number(match[1] ?? 0) * 10_000 + Number(digits.padEnd(4, '0'));
  if (points > 10_000) throw new Unconvertible('out-of-range', `${quoted(text)} is more than 1.`);
  return points;
}

function boolean(text: string): boolean {
  const word = text.toLowerCase();
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  throw new Unconvertible('not-a-boolean', `${quoted(text)} is neither true nor false.`);
}

const NOT_YEAR_FIRST = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?=[ T]|$)/;

/** RFC 3339 of a date or time. */
function date(given: string, { timeZone, dateOrder }: ConvertOptions): string {
  const text = dateOrder
    ? given.replace(NOT_YEAR_FIRST, (_, first: string, second: string, year: string) => {
        const [day, month] = dateOrder === 'dmy' ? [first, second] : [second, first];
        return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
      })
    : given;
  const match = DATE.exec(text);
  if (!match)
    throw new Unconvertible('not-a-date', `${quoted(given)} is not a date such as 2026-03-01 or 2026-03-01 12:30:00.`);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const millis = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const at = Date.UTC(year, month - 1, day, hour, minute, second, millis);
  const back = new Date(at);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw new Unconvertible('not-a-date', `${quoted(given)} is not a day of the calendar.`);
  }
  if (!match[8] && timeZone)
    return DateTime.fromObject({ year, month, day, hour, minute, second, millisecond: millis }, { zone: timeZone })
      .toUTC()
      .toISO()!;
  const zone = /^([+-])(\d{2}):?(\d{2})$/.exec(match[8] ?? '');
  const offset = zone ? (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60_000 : 0;
  return new Date(at - offset).toISOString();
}

function inRange(value: number, spec: FieldSpec, say: (bound: number) => string): number {
  if (spec.min !== undefined && value < spec.min)
    throw new Unconvertible('out-of-range', `The value is less than ${say(spec.min)}.`);
  if (spec.max !== undefined && value > spec.max)
    throw new Unconvertible('out-of-range', `The value is more than ${say(spec.max)}.`);
  return value;
}
