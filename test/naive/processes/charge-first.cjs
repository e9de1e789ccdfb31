'use strict';
// Naive: order and payment are written in one transaction together with what the gateway did, after it has been asked.
const { load, hook, held } = require('./load.cjs');
const { currentContext, runInContext } = load('kernel/context/request-context.js');
const { CheckoutHandler } = load('commerce/orders/commands/checkout.js');
const { ContactGatewayHandler } = load('money/payments/commands/contact-gateway.js');

hook(
  CheckoutHandler,
  'execute',
  (checkOut) =>
    function execute(command) {
      return held(this, 'uow').uow.run(() => checkOut.call(this, command));
    },
);
hook(
  ContactGatewayHandler,
  'execute',
  (contact) =>
    function execute(command) {
      const { attempts, accounts } = held(this, 'attempts', 'accounts');
      const { transaction } = currentContext();
      // Past the refusal to call a network inside a transaction; attempt and account are still read through it.
      const inside = (reader) => ({ find: (...args) => runInContext({ transaction }, () => reader.find(...args)) });
      const readers = { attempts: inside(attempts), accounts: inside(accounts) };
      const handler = Object.assign(Object.create(Object.getPrototypeOf(this)), this, readers);
      return runInContext({ transaction: undefined }, () => contact.call(handler, command));
    },
);
