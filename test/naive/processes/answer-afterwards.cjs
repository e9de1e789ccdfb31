'use strict';
// Naive: an idempotency key is written with its answer alone, in a statement of its own after the commit.
const { load, hook } = require('./load.cjs');
const { runInContext } = load('kernel/context/request-context.js');
const { flushStatement } = load('kernel/database/flush.js');
const { OpenTransaction } = load('kernel/database/open-transaction.js');
const unitOfWork = require('./unit-of-work.cjs');

hook(
  OpenTransaction,
  'idempotencyParts',
  (idempotencyParts) =>
    function none(result) {
      if (this.leaseOn) return [];
      const parts = idempotencyParts.call(this, result);
      if (parts.length > 0)
        this.afterCommit(() => {
          setImmediate(async () => {
            const uow = await unitOfWork;
            await runInContext({ transaction: undefined, idempotency: undefined }, () =>
              uow.run((tx) => tx.send([flushStatement(this.tenantId, parts)]), { tenantId: this.tenantId }),
            );
          });
        });
      return [];
    },
);
