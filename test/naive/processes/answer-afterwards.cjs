'use strict';
// Naive: an idempotency key is written with its answer alone, in a statement of its own after the commit.
const load = require('./load.cjs');
const { runInContext } = load('kernel/context/request-context.js');
const { OpenTransaction } = load('kernel/database/open-transaction.js');
const unitOfWork = require('./unit-of-work.cjs');

const { idempotencyStatements } = OpenTransaction.prototype;
OpenTransaction.prototype.idempotencyStatements = function none(result) {
  if (this.leaseOn) return [];
  const statements = idempotencyStatements.call(this, result);
  if (statements.length > 0)
    this.afterCommit(() => {
      setImmediate(async () => {
        const uow = await unitOfWork;
        await runInContext({ transaction: undefined, idempotency: undefined }, () =>
          uow.run((tx) => tx.send(statements), { tenantId: this.tenantId }),
        );
      });
    });
  return [];
};
