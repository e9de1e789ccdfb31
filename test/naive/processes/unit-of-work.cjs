'use strict';
/** The product's unit of work, once it has been used for the first time; for what variants do after a commit. */
const { UnitOfWork } = require('./load.cjs')('kernel/database/unit-of-work.js');

module.exports = new Promise((resolve) => {
  const { run } = UnitOfWork.prototype;
  UnitOfWork.prototype.run = function first(...args) {
    UnitOfWork.prototype.run = run;
    resolve(this);
    return run.apply(this, args);
  };
});
