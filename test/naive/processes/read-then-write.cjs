'use strict';
// Naive: a payment that waits for its shopper is read without a lock, and written whatever its state is by then.
const { load, hook } = require('./load.cjs');
const { PaymentRepository } = load('money/payments/data/payment.repository.js');

const proxied = (tx, method, rewrite) =>
  new Proxy(tx, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return property === method ? (text, ...rest) => value.call(target, rewrite(text), ...rest) : value.bind(target);
    },
  });
/** A text of this table without its guard. One that has none would be the original: better no server at all, which is seen. */
const without = (guard, instead, table) => (text) => {
  const naive = text.replace(guard, instead);
  if (naive !== text || !text.includes(table)) return naive;
  process.stderr.write(`A naive variant has nothing to change: there is no ${guard} in ${text}\n`);
  return process.abort();
};
const unlocked = without(/ for update$/, '', 'from payments.intents where');
const anyState = without(/ and (?:status|state) = (\$\d+)\b/g, ' and $1::text is not null', 'update payments.');
const waits = (intent) => intent?.storedStatus === 'requires_action';

hook(
  PaymentRepository,
  'lockByAttempt',
  (lockByAttempt) =>
    async function lock(tx, id) {
      const read = await lockByAttempt.call(this, proxied(tx, 'query', unlocked), id);
      return waits(read) ? read : lockByAttempt.call(this, tx, id);
    },
);
hook(
  PaymentRepository,
  'save',
  (save) =>
    function write(tx, intent) {
      return save.call(this, waits(intent) ? proxied(tx, 'later', anyState) : tx, intent);
    },
);
