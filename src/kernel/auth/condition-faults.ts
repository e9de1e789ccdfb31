import { IANAZone } from 'luxon';
import type { FieldError } from '../errors/app-error';
import { printable, suggest } from '../http/suggest';
import { isUuid } from '../ids/ids';
import { DAYS, parseRange, type Condition } from './condition';

/** Levels of `all`, `any` and `not` within each other. */
export const DEEPEST_CONDITION = 6;
/** Nodes of a condition. */
export const MOST_NODES = 64;
/** Values of one list. */
export const MOST_VALUES = 100;
/** Seconds; a year. */
const LONGEST_AGE = 31_536_000;

type Check = (value: unknown, pointer: string, say: Say) => void;
type Say = (pointer: string, code: string, detail: string) => void;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const list =
  (one: (value: unknown) => boolean, what: string): Check =>
  (value, pointer, say) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > MOST_VALUES) {
      return say(pointer, 'list', `This must be a list of 1 to ${MOST_VALUES} ${what}.`);
    }
    value.forEach((item, index) => {
      if (!one(item)) say(`${pointer}/${index}`, 'value', `Each of these must be one of: ${what}.`);
    });
  };

const text =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && pattern.test(value);

const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const ZONE = /^[A-Za-z][A-Za-z_]*(?:\/[A-Za-z0-9_+-]+){0,2}$/;
const MEMBERS_OF_TIME = ['zone', 'from', 'to', 'days'];

const time: Check = (value, pointer, say) => {
  if (!isObject(value)) return say(pointer, 'object', 'This must be {"zone", "from", "to", "days"}.');
  for (const name of Object.keys(value)) {
    if (!MEMBERS_OF_TIME.includes(name)) {
      const detail = `There is no "${printable(name)}" here. ${suggest(name, MEMBERS_OF_TIME)}`;
      say(pointer, 'unknown-field', detail);
    }
  }
  const { zone, from, to, days } = value;
  if (typeof zone !== 'string' || zone.length > 64 || !ZONE.test(zone) || !IANAZone.isValidZone(zone)) {
    say(`${pointer}/zone`, 'zone', 'This must be an IANA time zone, such as Europe/Lisbon.');
  }
  if ((from === undefined) !== (to === undefined)) say(pointer, 'window', 'Give both "from" and "to", or neither.');
  if (from === undefined && to === undefined && days === undefined) {
    say(pointer, 'window', 'Give "from" and "to", or "days", or all three.');
  }
  for (const [name, at] of Object.entries({ from, to })) {
    if (at !== undefined && !text(CLOCK)(at)) say(`${pointer}/${name}`, 'time', 'This must be HH:MM, 00:00 to 23:59.');
  }
  if (from !== undefined && from === to) say(`${pointer}/to`, 'window', 'The window is empty: "to" equals "from".');
  if (days !== undefined)
    list((day) => DAYS.includes(day as never), `days (${DAYS.join(', ')})`)(days, `${pointer}/days`, say);
};

const LEAVES: Record<string, Check> = {
  time,
  ip: list(
    (value) => typeof value === 'string' && value.length <= 64 && parseRange(value) !== null,
    'addresses or CIDR ranges',
  ),
  country: list(text(/^[A-Z]{2}$/), 'countries (ISO 3166-1 alpha-2, such as PT)'),
  aal: (value, pointer, say) => {
    if (value !== 1 && value !== 2 && value !== 3) say(pointer, 'level', 'An assurance level is 1, 2 or 3.');
  },
  auth_age: (value, pointer, say) => {
    if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > LONGEST_AGE) {
      say(pointer, 'seconds', `This must be a whole number of seconds, 1 to ${LONGEST_AGE}.`);
    }
  },
  device_trusted: (value, pointer, say) => {
    if (typeof value !== 'boolean') say(pointer, 'boolean', 'This must be true or false.');
  },
  'resource.owner': list((value) => value === 'self' || isUuid(value), 'user ids or "self"'),
  'resource.state': list(text(/^[a-z][a-z0-9_]{0,63}$/), 'states (such as paid)'),
};

/** What a leaf of a condition may name. */
export const CONDITION_ATTRIBUTES = Object.keys(LEAVES);
const NODES = ['all', 'any', 'not', ...CONDITION_ATTRIBUTES];

/**
 * What is wrong with a condition, each fault with a JSON pointer; empty when it is a `Condition`. Nothing of the input
 * is trusted: its members are taken by their own names alone, and its depth and size are bounded before it is walked.
 */
export function conditionFaults(input: unknown, root = '/condition'): FieldError[] {
  const faults: FieldError[] = [];
  const say: Say = (pointer, code, detail) => {
    if (faults.length < 20) faults.push({ pointer, code, detail });
  };
  let nodes = 0;
  const walk = (node: unknown, pointer: string, depth: number): void => {
    nodes += 1;
    if (nodes > MOST_NODES) return;
    if (depth > DEEPEST_CONDITION) return say(pointer, 'too-deep', `At most ${DEEPEST_CONDITION} levels.`);
    if (!isObject(node)) return say(pointer, 'object', `A condition is an object with one of: ${NODES.join(', ')}.`);
    const names = Object.keys(node);
    if (names.length !== 1) return say(pointer, 'one-member', `A condition has exactly one of: ${NODES.join(', ')}.`);
    const [name] = names;
    const at = `${pointer}/${name.length > 40 ? `${name.slice(0, 40)}…` : name}`;
    const value = node[name];
    if (name === 'not') return walk(value, at, depth + 1);
    if (name === 'all' || name === 'any') {
      if (!Array.isArray(value) || value.length === 0) return say(at, 'list', 'This must be a list of conditions.');
      // A list longer than a condition may be is refused without being walked.
      if (value.length > MOST_NODES) nodes = MOST_NODES + 1;
      else value.forEach((part, index) => walk(part, `${at}/${index}`, depth + 1));
      return;
    }
    if (!Object.hasOwn(LEAVES, name)) {
      return say(pointer, 'unknown-attribute', `There is no attribute "${printable(name)}". ${suggest(name, NODES)}`);
    }
    LEAVES[name](value, at, say);
  };
  walk(input, root, 1);
  if (nodes > MOST_NODES) faults.unshift({ pointer: root, code: 'too-large', detail: `At most ${MOST_NODES} parts.` });
  return faults;
}

/** True for a value that is a condition. */
export const isCondition = (input: unknown): input is Condition => conditionFaults(input).length === 0;
