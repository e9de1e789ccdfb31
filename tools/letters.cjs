'use strict';
/**
 * `npm run letters`: compiles the product's letters from MJML to src/engagement/notifications/templates/compiled.ts, so that
 * no process that sends them loads the compiler. With `--check` it writes nothing and fails where the file is another; with
 * `--picture` it makes the pictures of the documentation too (letter-pictures.cjs).
 */
const fs = require('node:fs');
const path = require('node:path');
require('./typescript.cjs');

const FOLDER = path.join(__dirname, '../src/engagement/notifications/templates');
const TARGET = path.join(FOLDER, 'compiled.ts');

/** The text of the compiled file. */
async function compiledLetters() {
  const compile = require('mjml');
  const { TEMPLATES } = require(path.join(FOLDER, 'templates.ts'));
  const { COMPILER_OPTIONS, documentOf, partsOf } = require(path.join(FOLDER, 'mjml.ts'));
  const bodies = {};
  let frame;
  for (const [name, { body }] of Object.entries(TEMPLATES)) {
    const { html, errors } = await compile(documentOf(body), COMPILER_OPTIONS);
    if (errors.length > 0)
      throw new Error(`${name}: ${errors.map(({ formattedMessage }) => formattedMessage).join('\n')}`);
    const { before, after, body: compiled } = partsOf(html);
    frame ??= { before, after };
    if (frame.before !== before || frame.after !== after) throw new Error(`${name} has a frame of its own.`);
    bodies[name] = compiled;
  }
  const text = `// Made by \`npm run letters\` of the letters beside it; not to be changed by hand.
export const FRAME = ${JSON.stringify(frame)};

export const BODIES: Record<string, string> = ${JSON.stringify(bodies)};
`;
  const prettier = await import('prettier');
  const options = await prettier.resolveConfig(TARGET);
  return prettier.format(text, { ...options, filepath: TARGET });
}

async function main() {
  const text = await compiledLetters();
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(TARGET, text);
    process.stdout.write(`${path.relative(process.cwd(), TARGET)} written, ${Math.round(text.length / 1024)} KB\n`);
    if (process.argv.includes('--picture')) await require('./letter-pictures.cjs').letterPictures();
    return;
  }
  if (fs.readFileSync(TARGET, 'utf8') === text) return;
  process.stderr.write('templates/compiled.ts is not made of the letters beside it: npm run letters\n');
  process.exitCode = 1;
}

if (require.main === module) void main();
module.exports = { compiledLetters };
