'use strict';
// Naive: a payment that waits for its shopper is read without a lock, and written whatever its state is by then.
const { PaymentRepository } = require('./load.cjs')('money/payments/data/payment.repository.js');

const proxied = (tx, method, rewrite) =>
  new Proxy(tx, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return property === method ? (text, ...rest) => value.call(target, rewrite(text), ...rest) : value.bind(target);
    },
  });
const unlocked = (text) => text.replace(/ for update$/, '');
/** A twin whose text no longer fits would be the original: better no server at all, which is seen. */
const anyState = (text) => {
  const naive = text.replace(/ and (?:status|state) = (\$\d+)\b/g, ' and $1::text is not null');
  return naive === text && text.includes('update payments.') ? process.abort() : naive;
};
const waits = (intent) => intent?.storedStatus === 'requires_action';

const { lockByAttempt, save } = PaymentRepository.prototype;
PaymentRepository.prototype.lockByAttempt = async function lock(tx, id) {
  const read = await lockByAttempt.call(this, proxied(tx, 'query', unlocked), id);
  return waits(read) ? read : lockByAttempt.call(this, tx, id);
};
PaymentRepository.prototype.save = function write(tx, intent) {
  return save.call(this, waits(intent) ? proxied(tx, 'later', anyState) : tx, intent);
};
