'use strict';
/** Operation ids as verbNoun, from controller and method names. */

/** Verbs of methods that speak of many things; the others speak of one. */
const PLURAL = new Set(['list', 'search', 'import', 'export', 'analyse', 'analyze', 'count']);
const VERBS = { find: 'get', one: 'get', read: 'get', index: 'list', post: 'create' };

/** English plurals as our resources have them. */
function singular(noun) {
  if (/(?:ss|us|is)$/i.test(noun)) return noun;
  if (/ies$/i.test(noun)) return noun.replace(/ies$/i, 'y');
  if (/(?:ches|shes|xes|sses|zes)$/i.test(noun)) return noun.replace(/es$/i, '');
  return noun.replace(/s$/i, '');
}
const plural = (noun) =>
  /s$/i.test(noun)
    ? noun
    : /[^aeiou]y$/i.test(noun)
      ? noun.replace(/y$/i, 'ies')
      : /(?:ch|sh|x)$/i.test(noun)
        ? `${noun}es`
        : `${noun}s`;

/** `OrdersController` + `list` is `listOrders`, + `cancel` is `cancelOrder`; a method of several words keeps its name. */
function operationId(controller, method) {
  if (/[A-Z]/.test(method)) return method;
  const noun = controller.replace(/Controller$/, '');
  const verb = VERBS[method] ?? method;
  return verb + (PLURAL.has(verb) ? plural(noun) : singular(noun));
}

module.exports = { operationId, singular, plural };
