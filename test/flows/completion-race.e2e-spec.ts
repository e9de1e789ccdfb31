import { completionRace, expectCompletedOnce } from '../scenarios/completion-race';

const CARTS = 100;

describe('a payment that browser return, webhook and poller settle at once', () => {
  it(`completes ${CARTS} carts once each: ${CARTS} orders, captures and mails`, async () => {
    expectCompletedOnce(await completionRace(CARTS));
  }, 180_000);
});
