'use strict';
/**
 * What naive variants are made with: modules of the built product, loaded before the product itself does, and changed. What
 * they change must be there, or the process does not start: a variant that changes nothing proves nothing.
 */
const path = require('node:path');
require('reflect-metadata');

const missing = (what) => new Error(`A naive variant has nothing to change: there is no ${what}.`);

/** A module of the built product, by its path. Asking for a name that it does not export throws. */
const load = (file) =>
  new Proxy(require(path.resolve(__dirname, '../../../dist/src', file)), {
    get(module, name) {
      if (!(name in module)) throw missing(`${String(name)} in ${file}`);
      return module[name];
    },
  });

/** Puts what `make` makes of a method in its place. Throws where the class has no such method. */
function hook({ name: owner, prototype }, method, make) {
  const original = prototype[method];
  if (typeof original !== 'function') throw missing(`${owner}.prototype.${method}`);
  prototype[method] = make(original);
}

/** What an instance holds. Where it does not, the process ends at once: its answer would look like a variant's. */
function held(instance, ...fields) {
  for (const field of fields)
    if (instance[field] === undefined) {
      process.stderr.write(`${missing(`${instance.constructor.name}.${field}`).message}\n`);
      process.abort();
    }
  return instance;
}

module.exports = { load, hook, held };
