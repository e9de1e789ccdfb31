'use strict';
/** The product's unit of work, once it has been used for the first time; for what variants do after a commit. */
const { load, hook } = require('./load.cjs');
const { UnitOfWork } = load('kernel/database/unit-of-work.js');

let used;
module.exports = new Promise((resolve) => (used = resolve));
hook(
  UnitOfWork,
  'run',
  (run) =>
    function first(...args) {
      UnitOfWork.prototype.run = run;
      used(this);
      return run.apply(this, args);
    },
);
