'use strict';

/** `close-warranty` → `CloseWarranty` */
const pascal = (kebab) => kebab.replace(/(^|-)([a-z0-9])/g, (_, _dash, letter) => letter.toUpperCase());

/** `close-warranty` → `closeWarranty` */
const camel = (kebab) => kebab.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** `close-warranty` → `close_warranty` */
const snake = (kebab) => kebab.replaceAll('-', '_');

/** `close-warranty` → `close warranty` */
const words = (kebab) => kebab.replaceAll('-', ' ');

/** A fair guess; the command line takes another word. */
function singularOf(plural) {
  if (/ies$/.test(plural)) return plural.replace(/ies$/, 'y');
  if (/(s|x|z|ch|sh)es$/.test(plural)) return plural.replace(/es$/, '');
  if (/[^s]s$/.test(plural)) return plural.replace(/s$/, '');
  return `${plural}-entry`;
}

/** `a warranty`, `an order` */
const article = (noun) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${words(noun)}`;

module.exports = { article, camel, pascal, singularOf, snake, words };
