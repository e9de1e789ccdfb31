/**
 * Lets plain Node require the project's TypeScript files (`require('./tools/typescript.cjs')` or `node -r`), compiled in memory by
 * swc, or as dist/ has them where it says what they say. For tools that must work before a build; the product itself runs
 * from dist/.
 */
const fs = require('node:fs');
const Module = require('node:module');
const { compiled } = require('./build.cjs');

Module._extensions['.ts'] = (module, filename) => {
  const built = compiled(filename);
  if (built) return module._compile(fs.readFileSync(built, 'utf8'), filename);
  const { code } = require('@swc/core').transformSync(fs.readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'commonjs' },
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
      keepClassNames: true,
    },
  });
  module._compile(code, filename);
};
