/** Comparisons of a condition. */
export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'not_in', 'known'] as const;
export type Operator = (typeof OPERATORS)[number];

export type SignalValue = number | string | boolean;
/** What is known of one try to pay; null where nobody knows. */
export type Signals = Record<string, SignalValue | null>;
export type SignalType = 'number' | 'string' | 'boolean';

interface Described {
  type: SignalType;
  /** For people: what the value is, without a verdict. */
  label: string;
}

const said = (type: SignalType, label: string): Described => ({ type, label });

/** Signals by name, velocity aside. The order is that of the list that people see. */
export const SIGNALS: Readonly<Record<string, Described>> = {
  amount: said('number', 'Amount in minor units'),
  currency: said('string', 'Currency'),
  'amount.round': said('boolean', 'Amount is a multiple of 100 whole units'),
  'amount.just-under': said('boolean', 'Amount is at most 2 % below 100, 250, 500, 1000, 2000, 5000 or 10000 units'),
  'amount.to-median': said(
    'number',
    'Amount as a multiple of the median of what this shopper paid before in this currency',
  ),
  'email.domain': said('string', 'Domain of the email address'),
  'email.disposable': said('boolean', 'Email address of a service for throw-away addresses'),
  'shopper.guest': said('boolean', 'Nobody is signed in'),
  'shopper.first-order': said('boolean', 'First order of this email address or account'),
  'shopper.paid-orders': said('number', 'Orders that this email address or account paid before'),
  'shopper.known-days': said('number', 'Days since this email address or account was first seen'),
  'shopper.chargebacks': said(
    'number',
    'Earlier payments of this shopper, card, device or postal address that proved to be fraud',
  ),
  'shopper.refusals': said('number', 'Declined or blocked tries of this email address or account in 90 days'),
  'shopper.refund-ratio': said('number', 'Share of what this shopper paid in this currency that went back, 0 to 1'),
  'shipping.country': said('string', 'Country of delivery'),
  'billing.country': said('string', 'Country of the invoice address'),
  'ip.country': said('string', 'Country of the network address'),
  'ip.proxy': said('boolean', 'Network address on one of the lists of proxies'),
  'ip.country-mismatch': said('boolean', 'Network address in another country than the delivery'),
  'billing.mismatch': said('boolean', 'Delivery to another address than the invoice'),
  'billing.country-mismatch': said('boolean', 'Delivery to another country than the invoice'),
  'card.country': said('string', 'Country of the card'),
  'card.country-mismatch': said('boolean', 'Card of another country than the delivery'),
  'card.funding': said('string', 'Kind of card: credit, debit, prepaid'),
  'card.avs': said('string', 'Check of the postal address by the bank: pass, fail, unchecked'),
  'card.cvc': said('string', 'Check of the card’s security code by the bank: pass, fail, unchecked'),
  'time.hour': said('number', 'Hour of the day, UTC'),
  'time.weekday': said('number', 'Day of the week, UTC, 1 is Monday'),
  'payment.method': said('string', 'Payment method'),
  'payment.provider': said('string', 'Payment provider'),
  'payment.channel': said('string', 'Sales channel'),
  'model.score': said('number', 'Likelihood of fraud by the trained model, 0 to 1'),
};

/** What velocity is counted by, in words. */
const KEYS = {
  email: 'email address',
  ip: 'network address',
  device: 'device',
  account: 'account',
  address: 'postal address',
  card: 'card',
} as const;
export type VelocityKey = keyof typeof KEYS;
export const VELOCITY_KEYS = Object.keys(KEYS) as VelocityKey[];

const MEASURES = {
  tries: 'Tries to pay',
  amount: 'Minor units tried to pay in this currency',
  declines: 'Declined tries',
  cards: 'Different cards',
  emails: 'Different email addresses',
} as const;
export type Measure = keyof typeof MEASURES;

const UNITS = { m: [60, 'minute'], h: [3_600, 'hour'], d: [86_400, 'day'] } as const;
const VELOCITY =
  /^(tries|amount|declines|cards|emails)\.(email|ip|device|account|address|card)\.([1-9]\d{0,2})([mhd])$/;
const MOST_SECONDS = 90 * 86_400;

export interface Velocity {
  name: string;
  measure: Measure;
  key: VelocityKey;
  seconds: number;
}

/** A name such as `tries.email.1h`, taken apart; null when it is none. The present try is part of what it counts. */
export function velocityOf(name: string): Velocity | null {
  const match = VELOCITY.exec(name);
  if (!match) return null;
  const [, measure, key, number, unit] = match as unknown as [string, Measure, VelocityKey, string, keyof typeof UNITS];
  const seconds = Number(number) * UNITS[unit][0];
  if (seconds > MOST_SECONDS || (measure as string) === `${key}s`) return null;
  return { name, measure, key, seconds };
}

/** Counted for every try, so that people see them and rules can be tried on the past. */
export const USUAL_VELOCITIES: readonly string[] = [
  ...VELOCITY_KEYS.flatMap((key) => [`tries.${key}.1h`, `tries.${key}.1d`]),
  'declines.ip.1h',
  'cards.email.1d',
  'emails.card.7d',
];

export const isSignal = (name: string): boolean => Object.hasOwn(SIGNALS, name) || velocityOf(name) !== null;

export const signalType = (name: string): SignalType => SIGNALS[name]?.type ?? 'number';

/** What the gateway alone can tell, once it has answered. */
export const isOfCard = (name: string): boolean => {
  const velocity = velocityOf(name);
  if (!velocity) return name.startsWith('card.');
  return velocity.key === 'card' || velocity.measure === 'cards';
};

/** What a signal means, for people. */
export function labelOf(name: string): string {
  const velocity = velocityOf(name);
  if (!velocity) return SIGNALS[name]?.label ?? name;
  const [, , , number, unit] = VELOCITY.exec(name)!;
  const time = UNITS[unit as keyof typeof UNITS][1];
  return `${MEASURES[velocity.measure]} with the same ${KEYS[velocity.key]} in ${number} ${time}${number === '1' ? '' : 's'}`;
}

const WORDS: Record<Operator, string> = {
  eq: 'is',
  ne: 'is not',
  gt: 'is more than',
  gte: 'is at least',
  lt: 'is less than',
  lte: 'is at most',
  in: 'is one of',
  not_in: 'is none of',
  known: 'is',
};

const shown = (value: SignalValue | null): string =>
  value === null ? 'unknown' : typeof value === 'number' ? String(Math.round(value * 1_000) / 1_000) : String(value);

/** A comparison that held, as a sentence: what was seen, and what it was compared with. */
export function describeLeaf(
  name: string,
  op: Operator,
  actual: SignalValue | null,
  value: SignalValue | SignalValue[],
): string {
  const label = labelOf(name);
  if (op === 'known' || actual === null) return `${label}: ${shown(actual)}`;
  if (typeof actual === 'boolean') return actual ? label : `Not so: ${label}`;
  const compared = Array.isArray(value) ? value.slice(0, 5).map(shown).join(', ') : shown(value);
  const verdict = op === 'eq' || op === 'in' ? '' : ` (${WORDS[op]} ${compared})`;
  return `${label}: ${shown(actual)}${verdict}`;
}
