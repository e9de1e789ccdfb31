import { averagePrecision, contributions, predict, train } from './boosted-trees';
import { explain, FEATURES, learn, likelihoodOf, rowOf, type Labelled, type Model } from './model';

/** Numbers that look random and are the same each time (mulberry32). */
function numbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A made-up shop. About one try in twelve is fraud: card testing (many tries with one card, small amounts), and goods sent
 * to forwarding addresses (first order, network abroad, several times the usual amount; each alone is common among good
 * shoppers too). A twentieth of the answers is turned round. The rules are what a shop would write: points for each sign
 * alone.
 */
function shop(tries: number, seed = 7): Labelled[] {
  const next = numbers(seed);
  return Array.from({ length: tries }, () => {
    const first = next() < 0.35;
    const abroad = next() < 0.25;
    const ratio = first ? null : Math.exp(next() * 3 - 1.5);
    const tested = next() < 0.06;
    const cardTries = tested ? 4 + Math.floor(next() * 6) : 1 + Math.floor(next() * 3);
    const amount = tested ? 100 + Math.floor(next() * 400) : 1_000 + Math.floor(next() * 40_000);
    const truth = (cardTries >= 4 && amount < 1_000) || (first && abroad && amount > 25_000);
    const fraud = next() < 0.05 ? !truth : truth;
    const signals = {
      amount,
      'shopper.first-order': first,
      'ip.country-mismatch': abroad,
      'amount.to-median': ratio,
      'tries.card.1h': cardTries,
      'shopper.guest': next() < 0.5,
      'time.hour': Math.floor(next() * 24),
    };
    const score = (first ? 20 : 0) + (abroad ? 25 : 0) + (amount > 25_000 ? 20 : 0) + (cardTries > 5 ? 40 : 0);
    return { signals, score, fraud };
  });
}

describe('boosted trees', () => {
  it('measure by average precision', () => {
    expect(averagePrecision([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(averagePrecision([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0])).toBeCloseTo(0.25, 12);
    expect(averagePrecision([1, 2], [0, 0])).toBe(0);
  });

  it('learn what no sum of points can say, and what a missing value means', async () => {
    const rows: number[][] = [];
    const answers: (0 | 1)[] = [];
    for (let i = 0; i < 400; i++) {
      const [a, b] = [i % 2, (i >> 1) % 2];
      rows.push([a, b, i % 5 === 0 ? NaN : 1]);
      answers.push((a ^ b) === 1 || i % 5 === 0 ? 1 : 0);
    }
    // A hair of difference makes the exclusive or learnable by greedy splits.
    rows.push([1, 0, 1]);
    answers.push(1);
    const trees = await train(rows, answers);
    for (const [row, answer] of [
      [[1, 0, 1], 1],
      [[0, 1, 1], 1],
      [[1, 1, 1], 0],
      [[0, 0, 1], 0],
      [[0, 0, NaN], 1],
    ] as const)
      expect(Math.round(predict(trees, row))).toBe(answer);
    expect(await train(rows, answers)).toEqual(trees);
  });

  it('explain every answer to the last digit', async () => {
    const tries = shop(600);
    const { trees } = await learn(tries);
    for (const { signals } of tries.slice(0, 50)) {
      const row = rowOf(signals);
      const { base, byFeature } = contributions(trees, row);
      const logOdds = [...byFeature.values()].reduce((sum, one) => sum + one, base);
      expect(1 / (1 + Math.exp(-logOdds))).toBeCloseTo(predict(trees, row), 9);
    }
  });
});

describe('a model of a shop', () => {
  it('finds fraud better than the rules do, on tries that it has not seen', async () => {
    const learnt = await learn(shop(3_000));
    expect(learnt).toMatchObject({ samples: 2_250, tested: 750 });
    expect(learnt.modelPrecision!).toBeGreaterThan(learnt.rulesPrecision! + 0.15);
    const model: Model = { id: 'm', features: learnt.features, ...learnt.trees };
    const tester = { amount: 200, 'tries.card.1h': 9, 'shopper.first-order': false, 'ip.country-mismatch': false };
    expect(likelihoodOf(model, tester)).toBeGreaterThan(0.5);
    expect(explain(model, tester)[0]).toMatchObject({
      signal: expect.stringMatching(/tries\.card\.1h|amount/) as string,
    });
    expect(likelihoodOf(model, { ...tester, 'tries.card.1h': 1, amount: 5_000 })).toBeLessThan(0.3);
  });

  it('knows that a signal is missing', () => {
    expect(rowOf({ 'card.avs': 'fail', 'shopper.guest': true })).toEqual(
      FEATURES.map((feature) => (feature === 'card.avs=fail' || feature === 'shopper.guest' ? 1 : NaN)),
    );
  });
});
