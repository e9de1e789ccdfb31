'use strict';
/**
 * What the Swagger plugin of the compiler would add to DTOs and controllers (property types, docstrings, examples),
 * read from the sources by the plugin's own visitor. The product is built by swc, which runs no such plugin.
 */
const Module = require('node:module');
const path = require('node:path');
const ts = require('typescript');

const root = path.resolve(__dirname, '../..');
const source = path.join(root, 'src');
const { plugins } = require(path.join(root, 'nest-cli.json')).compilerOptions;

/** The plugin's nested records as an object literal; leaves are nodes or plain values. */
function literal(value) {
  const { factory } = ts;
  if (Array.isArray(value)) return factory.createArrayLiteralExpression(value.map(literal));
  if (typeof value === 'object' && value !== null) {
    if (typeof value.kind === 'number' && 'flags' in value) return value;
    return factory.createObjectLiteralExpression(
      Object.keys(value).map((key) =>
        factory.createPropertyAssignment(factory.createStringLiteral(key), literal(value[key])),
      ),
    );
  }
  if (typeof value === 'number') return factory.createNumericLiteral(value);
  if (typeof value === 'boolean') return value ? factory.createTrue() : factory.createFalse();
  return value === undefined || value === null
    ? factory.createIdentifier(String(value))
    : factory.createStringLiteral(String(value));
}

/** The text of a class's doc comment, without its tags. */
function commentOf(node) {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)?.comment;
  return comment === undefined ? '' : (ts.getTextOfJSDocComment(comment) ?? '');
}

/** Packages that a DTO or a controller may take types from; reading the types of the others (providers' clients, TypeORM) took twice as long as all else. */
const TYPES_FROM = /^(?:\.|node:|@nestjs\/|class-|rxjs$|fastify$)/;

/** The files that the visitor reads and what they import, without the declarations that nothing of the API is made of. */
function programOfEdges() {
  const unreadable = (fault) => {
    throw new Error(ts.flattenDiagnosticMessageText(fault.messageText, '\n'));
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(path.join(root, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: unreadable,
  });
  const options = { ...parsed.options, types: ['node'], lib: ['lib.es2023.d.ts'] };
  const host = ts.createCompilerHost(options);
  const known = ts.createModuleResolutionCache(root, (file) => file, options);
  host.resolveModuleNameLiterals = (literals, from, redirected) =>
    literals.map(({ text }) =>
      from.startsWith(source) && !TYPES_FROM.test(text)
        ? { resolvedModule: undefined }
        : ts.resolveModuleName(text, from, options, host, known, redirected),
    );
  const rootNames = parsed.fileNames.filter(
    (file) => file.startsWith(source) && !/\.(?:int-|e2e-)?spec\.ts$/.test(file),
  );
  return ts.createProgram({ options, rootNames, host });
}

/**
 * @returns {{ load: () => Promise<object>, controllers: Map<string, string> }} the metadata for
 *   `SwaggerModule.loadPluginMetadata`, and the doc comments of controllers by class name
 */
function swaggerMetadata() {
  const { ReadonlyVisitor } = require('@nestjs/swagger/plugin');
  const { options } = plugins.find((plugin) => plugin.name === '@nestjs/swagger');
  const program = programOfEdges();
  const visitor = new ReadonlyVisitor({ ...options, pathToSource: source });
  const controllers = new Map();
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile || !file.fileName.startsWith(source) || /\.(int-|e2e-)?spec\.ts$/.test(file.fileName))
      continue;
    visitor.visit(program, file);
    if (!file.fileName.endsWith('.controller.ts')) continue;
    file.forEachChild((node) => {
      if (ts.isClassDeclaration(node) && node.name) controllers.set(node.name.text, commentOf(node));
    });
  }
  const types = Object.fromEntries(
    Object.entries(visitor.typeImports).map(([name, expression]) => [
      name,
      ts.factory.createIdentifier(String(expression)),
    ]),
  );
  const body = ts.factory.createObjectLiteralExpression([
    ts.factory.createPropertyAssignment(ts.factory.createStringLiteral(visitor.key), literal(visitor.collect())),
  ]);
  const printer = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed });
  const blank = ts.createSourceFile('metadata.ts', '', ts.ScriptTarget.ES2022);
  const print = (node) => printer.printNode(ts.EmitHint.Unspecified, node, blank);
  const text = `const t = ${print(literal(types))};\nmodule.exports = ${print(body)};\n`;
  // The sources are loaded as CommonJS, so that the classes are the ones that the application uses.
  const required = text.replace(/await import\(/g, 'require(').replace(/\bimport\(/g, 'require(');
  return {
    controllers,
    load: async () => {
      const filename = path.join(source, 'swagger-metadata.cjs');
      const module_ = new Module(filename, module);
      module_.filename = filename;
      module_.paths = Module._nodeModulePaths(source);
      module_._compile(required, filename);
      return module_.exports;
    },
  };
}

module.exports = { swaggerMetadata, root };
