'use strict';
// Naive: events go to their reactions in memory once the transaction has committed.
const { load, hook } = require('./load.cjs');
const { runInContext } = load('kernel/context/request-context.js');
const { OpenTransaction } = load('kernel/database/open-transaction.js');
const unitOfWork = require('./unit-of-work.cjs');

async function react(registry, tenantId, event, name) {
  const uow = await unitOfWork;
  const stored = { ...event, type: event.type, version: event.version ?? null, at: new Date(), tenantId };
  const { instance } = registry.reaction(name);
  await runInContext({ tenantId, transaction: undefined, idempotency: undefined }, () =>
    uow.run((tx) => instance.react(stored, tx), { tenantId }),
  ).catch(() => undefined);
}

hook(
  OpenTransaction,
  'record',
  () =>
    function record(...events) {
      const { tenantId } = this;
      const { registry } = this.parts;
      this.afterCommit(() => {
        for (const event of events)
          for (const { name } of registry.reactionsOn(event.type))
            setImmediate(() => react(registry, tenantId, event, name));
      });
    },
);
