import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defineCommand } from '../command';

/** The document that the release carries; the server serves the same at /openapi.json. */
const DOCUMENT = path.resolve(__dirname, '../../../../docs/openapi.json');

export const command = defineCommand({
  name: 'openapi:export',
  summary: 'write the API document',
  usage: '[<file>]',
  description:
    'Writes the OpenAPI document of this release to a file, or to stdout. Needs neither settings nor a database.',
  positionals: 1,
  options: {},
  async run(context) {
    const [file] = context.args;
    const text = readFileSync(DOCUMENT, 'utf8');
    if (file === undefined) {
      process.stdout.write(text);
      return;
    }
    writeFileSync(file, text);
    context.out.result({ file, bytes: Buffer.byteLength(text) }, `Written to ${file}.`);
  },
});
