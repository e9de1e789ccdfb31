'use strict';
/**
 * Writes the first working slice of a context, or one more command:
 *
 *   npm run generate -- context <area>/<name> [<singular>]     e.g. context commerce/warranties
 *   npm run generate -- command <context> <verb-noun>          e.g. command warranties extend-warranty
 *
 * The code passes lint, types, dependency rules and its own tests as it is; change it from there. Nothing is overwritten.
 */
const fs = require('node:fs');
const path = require('node:path');
const { contextFiles } = require('./generator/context.cjs');
const { commandChanges } = require('./generator/command.cjs');
const { contexts, OUTSIDE } = require('./dependency-rules.cjs');

const USAGE = `Usage:
  npm run generate -- context <area>/<name> [<singular>]
  npm run generate -- command <context> <verb-noun>
`;
const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** A fault of the caller; printed without a stack. */
class UsageError extends Error {}

function write(root, files) {
  for (const file of Object.keys(files.created ?? {}))
    if (fs.existsSync(path.join(root, file))) throw new UsageError(`${file} exists already; nothing was written.`);
  for (const [file, text] of Object.entries({ ...files.created, ...files.changed })) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
    process.stdout.write(`${file in (files.created ?? {}) ? 'made   ' : 'changed'}  ${file}\n`);
  }
}

function formatted(root, files) {
  const prettier = require('prettier');
  const format = async (group = {}) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(group).map(async ([file, text]) => [
          file,
          await prettier.format(text, {
            ...(await prettier.resolveConfig(path.join(root, file))),
            filepath: path.join(root, file),
          }),
        ]),
      ),
    );
  return Promise.all([format(files.created), format(files.changed)]).then(([created, changed]) => ({
    created,
    changed,
  }));
}

async function main([kind, first, second], root) {
  if (kind === 'context') {
    const [area, name, ...rest] = (first ?? '').split('/');
    if (rest.length > 0 || !KEBAB.test(area) || !KEBAB.test(name ?? '') || (second && !KEBAB.test(second)))
      throw new UsageError(USAGE);
    if (OUTSIDE.includes(area)) throw new UsageError(`${area} is no area for contexts.`);
    const taken = contexts(root).find((one) => one.split('/')[1] === name);
    if (taken) throw new UsageError(`There is a context ${taken} already.`);
    write(root, await formatted(root, contextFiles({ root, area, name, singular: second })));
    process.stdout.write(`
Next: name its edges in src/context-map.json, then
  npm test -- src/${area}/${name}
  npm run openapi
`);
    return;
  }
  if (kind === 'command') {
    const context = contexts(root).find((one) => one === first || one.split('/')[1] === first);
    if (!first || !/^[a-z]+(-[a-z0-9]+)+$/.test(second ?? '')) throw new UsageError(USAGE);
    if (!context) throw new UsageError(`There is no context ${first}; known: ${contexts(root).join(', ')}.`);
    write(root, await formatted(root, commandChanges({ root, context, name: second, UsageError })));
    return;
  }
  throw new UsageError(USAGE);
}

main(process.argv.slice(2), path.resolve(__dirname, '..')).catch((error) => {
  process.stderr.write(error instanceof UsageError ? `${error.message.trimEnd()}\n` : `${error.stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
