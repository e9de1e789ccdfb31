'use strict';

/** Puts an import after the last one, unless the file has it. */
function addImport(text, name, from) {
  if (new RegExp(`import [^;]*\\b${name}\\b[^;]*from '${from}'`).test(text)) return text;
  const imports = [...text.matchAll(/^import [^;]*;\n/gm)];
  const last = imports.at(-1);
  const at = last ? last.index + last[0].length : 0;
  return `${text.slice(0, at)}import { ${name} } from '${from}';\n${text.slice(at)}`;
}

/** Puts an entry at the end of the list that `opening` (ending in `[`) begins. @throws Error where there is none */
function addToList(text, opening, entry) {
  const match = opening.exec(text);
  if (!match) throw new Error(`There is no list ${opening} to add ${entry} to.`);
  let at = match.index + match[0].length;
  const from = at;
  for (let depth = 1; depth > 0; at++) {
    if ('[({'.includes(text[at])) depth += 1;
    else if ('])}'.includes(text[at])) depth -= 1;
  }
  const inner = text.slice(from, at - 1).trimEnd();
  const separator = inner.trim() === '' ? '' : inner.endsWith(',') ? ' ' : ', ';
  return `${text.slice(0, from)}${inner}${separator}${entry}${text.slice(at - 1)}`;
}

module.exports = { addImport, addToList };
