'use strict';
/**
 * The closed catalogue of the audit trail (src/access/audit/domain/catalogue): every command is listed with a category
 * and a sentence, and nothing is listed that is no command.
 */
const fs = require('node:fs');
const path = require('node:path');

const FOLDER = 'src/access/audit/domain/catalogue';
/** Actions that are no commands: what the guard refuses, and sensitive reads, named by `@AuditedRead('...')`. */
const OTHER = new Set(['AccessRoute']);

function sources(root) {
  return fs
    .readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(?:d|spec|int-spec|e2e-spec)\.ts$/.test(file))
    .map((file) => [path.join('src', file), fs.readFileSync(path.join(root, 'src', file), 'utf8')]);
}

/** What is wrong, one line each; empty when catalogue and commands agree. */
function catalogueFaults(root) {
  // A part of the sources without the trail names nothing.
  if (!fs.existsSync(path.join(root, FOLDER))) return [];
  const named = new Map();
  const listed = new Map();
  for (const [file, text] of sources(root)) {
    if (file.startsWith(FOLDER)) {
      for (const [, name] of text.matchAll(/^ {2}(\w+): \[/gm)) listed.set(name, file);
      continue;
    }
    for (const [, name] of text.matchAll(/\bclass (\w+?)(?:Command)?(?:<[^{}]*?>)? extends Command\b/g))
      named.set(name, file);
    for (const [, name] of text.matchAll(/\b(?:AuditedRead|auditRead)\(\s*'(\w+)'/g)) named.set(name, file);
  }
  const faults = [];
  for (const [name, file] of named)
    if (!listed.has(name))
      faults.push(`${file}: the audit trail's catalogue lacks ${name}; add a line to a file of ${FOLDER}`);
  for (const [name, file] of listed)
    if (!named.has(name) && !OTHER.has(name)) faults.push(`${file}: ${name} is no command and no audited read`);
  return faults.sort();
}

module.exports = { catalogueFaults, FOLDER };
