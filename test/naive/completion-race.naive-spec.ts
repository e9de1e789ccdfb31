import path from 'node:path';
import { completionRace, expectCompletedOnce } from '../scenarios/completion-race';

describe('naive: read the payment, then write its state, in two processes', () => {
  it('must complete 100 carts once each', async () => {
    const preload = path.join(__dirname, 'processes/read-then-write.cjs');
    expectCompletedOnce(await completionRace(100, { NODE_OPTIONS: `--require=${preload}` }));
  }, 180_000);
});
