'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { addImport, addToList } = require('./edit.cjs');
const { FOLDER } = require('../audit-catalogue.cjs');

/** The audit trail's catalogue with a further command of an area; nothing where there is no catalogue. */
function actionChanges(root, area, name, says) {
  const index = `${FOLDER}.ts`;
  if (!fs.existsSync(path.join(root, index))) return { created: {}, changed: {} };
  const file = `${FOLDER}/${area}.ts`;
  const line = `  ${name}: ['data', '${says}'],\n`;
  const found = path.join(root, file);
  if (fs.existsSync(found)) {
    const text = fs.readFileSync(found, 'utf8');
    const end = text.lastIndexOf('};');
    // In alphabetical order.
    const after = [...text.matchAll(/^ {2}(\w+): \[/gm)].find(([, other]) => other > name)?.index ?? end;
    return { created: {}, changed: { [file]: text.slice(0, after) + line + text.slice(after) } };
  }
  const list = area.toUpperCase().replace(/\W/g, '_');
  const text = fs.readFileSync(path.join(root, index), 'utf8');
  return {
    created: {
      [file]: `import type { ActionList } from './action';\n\n/** One line each, in alphabetical order. */\nexport const ${list}: ActionList = {\n${line}};\n`,
    },
    changed: {
      [index]: addToList(addImport(text, list, `./catalogue/${area}`), /LISTS: readonly ActionList\[\] = \[/, list),
    },
  };
}

module.exports = { actionChanges };
