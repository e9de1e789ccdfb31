import { sha256 } from '../../../kernel/crypto/hashing';
import { currencyDigits, type Money } from '../../../kernel/money/money';
import type { PostalAddress, Shopper } from '../contracts/assess-payment';
import type { ListHit } from './decision';
import { isWidelyKnownDisposable } from './disposable-domains';
import { domainOf, domainsOf } from './list-entry';
import type { Signals } from './signals';

/** What the gateway says of the card. */
export interface CardFacts {
  fingerprint: string | null;
  country: string | null;
  funding: string | null;
  avs: 'pass' | 'fail' | 'unchecked' | null;
  cvc: 'pass' | 'fail' | 'unchecked' | null;
}

/** What one try is known and counted by. Keys are null where nobody knows them. */
export interface TryKeys {
  /** In the form in which one mailbox has one address. */
  email: string | null;
  ip: string | null;
  /** What the address is counted as: itself, or the /64 of IPv6. */
  network: string | null;
  device: string | null;
  account: string | null;
  /** Hash of the postal address of delivery. */
  address: string | null;
  card: string | null;
  amount: number;
  currency: string;
}

/** What a try is about besides its keys; kept in the signals. */
export interface TryFacts {
  amount: Money;
  method: string;
  provider: string;
  channel: string;
  guest: boolean;
  email: string | null;
  shipping: PostalAddress | null;
  billing: PostalAddress | null;
  ipCountry: string | null;
  at: Date;
}

/** What the database says of the past. */
export interface Gathered {
  revision: number | null;
  /** RFC 3339. */
  at: string;
  lists: ListHit[];
  velocity: Record<string, number>;
  history: {
    chargebacks: number;
    paid: number;
    refusals: number;
    firstSeen: string | null;
    median: number | null;
    refundRatio: number;
  };
}

const UNDOTTED = new Set(['gmail.com', 'googlemail.com']);

/** One address for one mailbox: without the part after `+`, and without dots where the provider ignores them. */
export function canonicalEmail(email: string | null | undefined): string | null {
  const match = /^([^\s@]+)@([^\s@]+)$/.exec((email ?? '').trim().toLowerCase());
  if (!match) return null;
  const plain = match[1].split('+')[0] || match[1];
  return UNDOTTED.has(match[2]) ? `${plain.replaceAll('.', '')}@gmail.com` : `${plain}@${match[2]}`;
}

/** Hash of where something is delivered, the same for spellings that differ in case, spaces and signs. */
export function addressKeyOf(address: PostalAddress | null | undefined): string | null {
  const plain = (text: string | null | undefined): string =>
    (text ?? '')
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, '');
  const [line, code, country] = [plain(address?.line1), plain(address?.postalCode), plain(address?.country)];
  return line && (code || country) ? sha256(`${line}|${code}|${country}`).toString('hex').slice(0, 32) : null;
}

const countryOf = (address: PostalAddress | null | undefined): string | null => address?.country?.toUpperCase() || null;

/** Whole units that people set limits at; who knows them stays just under. */
const LIMITS = [100, 250, 500, 1_000, 2_000, 5_000, 10_000];

function amountSignals({ amount, currency }: Money, median: number | null): Signals {
  const unit = 10 ** currencyDigits(currency);
  return {
    amount,
    currency,
    'amount.round': amount % (100 * unit) === 0,
    'amount.just-under': LIMITS.some((limit) => amount < limit * unit && amount >= limit * unit * 0.98),
    'amount.to-median': median ? amount / median : null,
  };
}

const differ = (a: string | null, b: string | null): boolean | null => (a && b ? a !== b : null);
const DAY = 86_400_000;

/** Everything that is known of a try, by the names that rules use. */
export function signalsOfTry(facts: TryFacts, gathered: Gathered, card: CardFacts | null): Signals {
  const { history, lists, velocity } = gathered;
  const shipping = countryOf(facts.shipping);
  const billing = countryOf(facts.billing);
  const domain = domainOf(facts.email);
  const onList = (list: ListHit['list']): boolean => lists.some((hit) => hit.list === list);
  return {
    ...amountSignals(facts.amount, history.median),
    'email.domain': domain,
    'email.disposable': domain ? onList('disposable') || isWidelyKnownDisposable(domainsOf(domain)) : null,
    'shopper.guest': facts.guest,
    'shopper.first-order': history.paid === 0,
    'shopper.paid-orders': history.paid,
    'shopper.known-days': history.firstSeen
      ? Math.floor((facts.at.getTime() - Date.parse(history.firstSeen)) / DAY)
      : 0,
    'shopper.chargebacks': history.chargebacks,
    'shopper.refusals': history.refusals,
    'shopper.refund-ratio': history.refundRatio,
    'shipping.country': shipping,
    'billing.country': billing,
    'ip.country': facts.ipCountry,
    'ip.proxy': onList('proxy'),
    'ip.country-mismatch': differ(facts.ipCountry, shipping),
    'billing.mismatch': differ(addressKeyOf(facts.billing), addressKeyOf(facts.shipping)),
    'billing.country-mismatch': differ(billing, shipping),
    'time.hour': facts.at.getUTCHours(),
    'time.weekday': ((facts.at.getUTCDay() + 6) % 7) + 1,
    'payment.method': facts.method,
    'payment.provider': facts.provider,
    'payment.channel': facts.channel,
    ...velocity,
    ...cardSignals(card, shipping),
  };
}

/** What the gateway said of the card; nothing where it was not asked yet. */
export function cardSignals(card: CardFacts | null, shipping: string | null): Signals {
  if (!card) return {};
  return {
    'card.country': card.country,
    'card.country-mismatch': differ(card.country, shipping),
    'card.funding': card.funding,
    'card.avs': card.avs,
    'card.cvc': card.cvc,
  };
}

/** What a try is counted by. */
export const keysOf = (
  shopper: Shopper | undefined,
  from: { ip: string | null; network: string | null; device: string | null; account: string | null },
  amount: Money,
): TryKeys => ({
  email: canonicalEmail(shopper?.email),
  ...from,
  address: addressKeyOf(shopper?.shipping),
  card: null,
  ...amount,
});
