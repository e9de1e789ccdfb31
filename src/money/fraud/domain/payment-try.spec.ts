import { cardSignals, keysOf, signalsOfTry, type CardFacts, type Gathered, type TryFacts } from './payment-try';
import { isSignal, SIGNALS, signalType } from './signals';

const HOME = { line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'pt' };
const FACTS: TryFacts = {
  amount: { amount: 1_000, currency: 'EUR' },
  method: 'card',
  provider: 'stripe',
  channel: 'web',
  guest: true,
  email: 'pat@shop.example',
  shipping: HOME,
  billing: HOME,
  ipCountry: 'PT',
  at: new Date('2026-03-01T23:59:00Z'),
};
const GATHERED: Gathered = {
  revision: 1,
  at: '2026-03-01T23:59:00Z',
  lists: [],
  velocity: {},
  history: { chargebacks: 0, paid: 0, refusals: 0, firstSeen: null, median: null, refundRatio: 0 },
};
const HISTORY = GATHERED.history;
const CARD: CardFacts = { fingerprint: 'f', country: 'PT', funding: 'credit', avs: 'pass', cvc: 'pass' };

describe('what is known of a try', () => {
  const euros = (amount: number) => ({ amount: { amount, currency: 'EUR' } });
  const past = (history: Partial<Gathered['history']>) => ({ history: { ...HISTORY, ...history } });
  const hit = (list: 'proxy' | 'disposable', kind: 'ip' | 'domain') => ({ lists: [{ list, kind, value: 'x' }] });
  const table: [signal: string, value: unknown, facts?: Partial<TryFacts>, gathered?: object, card?: object][] = [
    ['amount', 1_000],
    ['currency', 'EUR'],
    ['amount.round', false],
    ['amount.round', true, euros(30_000)],
    // Yen have no minor units.
    ['amount.round', true, { amount: { amount: 300, currency: 'JPY' } }],
    ['amount.round', false, { amount: { amount: 300, currency: 'EUR' } }],
    ['amount.just-under', false],
    ['amount.just-under', true, euros(9_800)],
    ['amount.just-under', true, euros(9_999)],
    ['amount.just-under', false, euros(9_799)],
    ['amount.just-under', false, euros(10_000)],
    ['amount.just-under', true, euros(990_000)],
    ['amount.just-under', true, { amount: { amount: 499, currency: 'JPY' } }],
    ['amount.to-median', null],
    ['amount.to-median', 2.5, euros(5_000), past({ median: 2_000 })],
    ['email.domain', 'shop.example'],
    ['email.domain', null, { email: null }],
    ['email.disposable', false],
    ['email.disposable', null, { email: null }],
    ['email.disposable', true, { email: 'x@mailinator.com' }],
    ['email.disposable', true, { email: 'x@eu.mailinator.com' }],
    ['email.disposable', true, {}, hit('disposable', 'domain')],
    ['shopper.guest', true],
    ['shopper.guest', false, { guest: false }],
    ['shopper.first-order', true],
    ['shopper.first-order', false, {}, past({ paid: 1 })],
    ['shopper.paid-orders', 3, {}, past({ paid: 3 })],
    ['shopper.known-days', 0],
    ['shopper.known-days', 2, {}, past({ firstSeen: '2026-02-27T00:00:00Z' })],
    ['shopper.chargebacks', 1, {}, past({ chargebacks: 1 })],
    ['shopper.refusals', 4, {}, past({ refusals: 4 })],
    ['shopper.refund-ratio', 0.25, {}, past({ refundRatio: 0.25 })],
    ['shipping.country', 'PT'],
    ['shipping.country', null, { shipping: null }],
    ['billing.country', 'ES', { billing: { country: 'es' } }],
    ['billing.country', null, { billing: null }],
    ['ip.country', 'PT'],
    ['ip.proxy', false],
    ['ip.proxy', true, {}, hit('proxy', 'ip')],
    ['ip.country-mismatch', false],
    ['ip.country-mismatch', true, { ipCountry: 'US' }],
    ['ip.country-mismatch', null, { ipCountry: null }],
    // Spelled otherwise, it is the same place.
    ['billing.mismatch', false, { billing: { ...HOME, line1: 'QUAY  7.', postalCode: '4000 001' } }],
    ['billing.mismatch', true, { billing: { ...HOME, line1: 'Quay 8' } }],
    ['billing.mismatch', null, { billing: null }],
    ['billing.country-mismatch', false],
    ['billing.country-mismatch', true, { billing: { ...HOME, country: 'ES' } }],
    ['billing.country-mismatch', null, { shipping: null }],
    ['card.country', 'PT', {}, {}, CARD],
    ['card.country', undefined],
    ['card.country-mismatch', true, {}, {}, { ...CARD, country: 'BR' }],
    ['card.country-mismatch', false, {}, {}, CARD],
    ['card.funding', 'prepaid', {}, {}, { ...CARD, funding: 'prepaid' }],
    ['card.avs', 'fail', {}, {}, { ...CARD, avs: 'fail' }],
    ['card.cvc', 'unchecked', {}, {}, { ...CARD, cvc: 'unchecked' }],
    ['card.cvc', null, {}, {}, { ...CARD, cvc: null }],
    ['time.hour', 23],
    // A Sunday.
    ['time.weekday', 7],
    ['payment.method', 'card'],
    ['payment.provider', 'stripe'],
    ['payment.channel', 'web'],
    ['tries.device.1h', 3, {}, { velocity: { 'tries.device.1h': 3 } }],
    ['tries.card.1d', 5, {}, { velocity: { 'tries.card.1d': 5 } }],
  ];

  it.each(table)('%s is %s: %j %j %j', (signal, value, facts = {}, gathered = {}, card = undefined) => {
    const found = signalsOfTry({ ...FACTS, ...facts }, { ...GATHERED, ...gathered }, (card as CardFacts) ?? null);
    expect(found[signal]).toEqual(value);
    expect(isSignal(signal)).toBe(true);
    if (value !== null && value !== undefined) expect(typeof value).toBe(signalType(signal));
  });

  it('is told by the names that rules may use, all of them tried above but the model’s answer', () => {
    const tried = new Set(table.map(([signal]) => signal));
    expect(Object.keys(SIGNALS).filter((name) => !tried.has(name))).toEqual(['model.score']);
    const known = { ...signalsOfTry(FACTS, GATHERED, null), ...cardSignals(CARD, 'PT') };
    expect(Object.keys(known).filter((name) => !isSignal(name))).toEqual([]);
  });

  it('is counted by one address for one mailbox, and by where it goes', () => {
    const from = { ip: '2001:db8::1', network: '2001:db8::/64', device: 'd', account: null };
    expect(keysOf({ email: 'Pat.Doe+x@gmail.com', shipping: HOME }, from, { amount: 5, currency: 'EUR' })).toEqual({
      ...from,
      email: 'patdoe@gmail.com',
      address: expect.stringMatching(/^[0-9a-f]{32}$/),
      card: null,
      amount: 5,
      currency: 'EUR',
    });
    expect(keysOf(undefined, from, { amount: 5, currency: 'EUR' })).toMatchObject({ email: null, address: null });
  });
});
