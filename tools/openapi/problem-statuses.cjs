'use strict';
/**
 * Which HTTP status each problem code has, read from where the sources make it: `notFound`, `conflict`, `invalid`,
 * `new AppError`, and the functions that hand their parameters on to these.
 */
const { readdirSync, readFileSync, existsSync } = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const ROOT = path.resolve(__dirname, '../..');
const HOME = 'src/kernel/errors/app-error.ts';
const TEST = /\.(?:spec|int-spec|e2e-spec)\.ts$/;

/** Which argument of a maker says the code, with what stands around it, and the kind: an argument too, or always this. */
const first = { before: '', argument: 0, after: '' };
const KERNEL = {
  AppError: { code: first, kind: { argument: 1 } },
  notFound: { code: first, kind: { literal: 'not-found' } },
  conflict: { code: first, kind: { literal: 'conflict' } },
  invalid: { code: first, kind: { literal: 'invalid' } },
};

/** The functions around a node, the nearest first, with their names where they have one. */
function enclosing(node) {
  const found = [];
  for (let at = node.parent; at; at = at.parent) {
    if (!ts.isArrowFunction(at) && !ts.isFunctionDeclaration(at) && !ts.isMethodDeclaration(at)) continue;
    const named =
      ts.isArrowFunction(at) && at.parent && ts.isVariableDeclaration(at.parent) && ts.isIdentifier(at.parent.name)
        ? at.parent.name.text
        : at.name && ts.isIdentifier(at.name)
          ? at.name.text
          : null;
    found.push({ name: named, parameters: at.parameters });
  }
  return found;
}

/** Every text that an expression may be: literals, and what a condition chooses among; null where it must be computed. */
function texts(node) {
  if (!node) return null;
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return texts(node.expression);
  if (!ts.isConditionalExpression(node)) return null;
  const [yes, no] = [texts(node.whenTrue), texts(node.whenFalse)];
  return yes && no ? [...yes, ...no] : null;
}

/** `code` as text with one hole: `payments.webhook-${code}` is before, the expression and after. */
function holed(node) {
  if (ts.isTemplateExpression(node) && node.templateSpans.length === 1) {
    const [span] = node.templateSpans;
    return { before: node.head.text, of: span.expression, after: span.literal.text };
  }
  return { before: '', of: node, after: '' };
}

/** What the type of a parameter allows, where it is a union of literals. */
function typed(parameter) {
  const type = parameter?.type;
  if (!type) return null;
  const members = ts.isUnionTypeNode(type) ? type.types : [type];
  const all = members.map((each) =>
    ts.isLiteralTypeNode(each) && ts.isStringLiteral(each.literal) ? each.literal.text : null,
  );
  return all.every((each) => each !== null) ? all : null;
}

/** `STATUS_OF_KIND` of the kernel, read and not run: this works wherever plain Node does. */
function statusesOfKinds() {
  const text = readFileSync(path.join(ROOT, HOME), 'utf8');
  const [, body] = /STATUS_OF_KIND[^=]*= \{([^}]*)\}/.exec(text);
  return new Map([...body.matchAll(/'?([a-z-]+)'?: (\d{3})/g)].map(([, kind, status]) => [kind, Number(status)]));
}

function readSources(folder) {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !TEST.test(file) && file !== HOME)
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
}

/** @returns {string | null} the file that a relative import names */
function resolved(from, specifier) {
  if (!specifier.startsWith('.')) return null;
  const base = path.posix.join(path.posix.dirname(from), specifier);
  return [`${base}.ts`, `${base}/index.ts`].find((file) => file === HOME || existsSync(path.join(ROOT, file))) ?? null;
}

/**
 * @param {{ file: string, text: string }[]} [files] the sources, by default the product's
 * @returns {Map<string, Set<number>>} the statuses of each code; nearly always one
 */
function problemStatuses(files = readSources('src')) {
  const statusOf = statusesOfKinds();
  const found = new Map();
  const add = (code, kind) => {
    if (statusOf.has(kind)) found.set(code, (found.get(code) ?? new Set()).add(statusOf.get(kind)));
  };
  /** By file and name. */
  const makers = new Map(Object.entries(KERNEL).map(([name, maker]) => [`${HOME}#${name}`, maker]));
  const read = ({ file, text }) => {
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
    const names = new Map();
    const calls = [];
    const visit = (node) => {
      if (ts.isImportDeclaration(node)) {
        const from = resolved(file, node.moduleSpecifier.text);
        const bindings = node.importClause?.namedBindings;
        if (from && bindings && ts.isNamedImports(bindings))
          for (const one of bindings.elements)
            names.set(one.name.text, `${from}#${(one.propertyName ?? one.name).text}`);
      }
      if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && node.arguments?.length) {
        if (ts.isIdentifier(node.expression)) calls.push({ node, name: node.expression.text });
        // A method of the same class: this.refuse('…').
        else if (
          ts.isPropertyAccessExpression(node.expression) &&
          node.expression.expression.kind === ts.SyntaxKind.ThisKeyword
        )
          calls.push({ node, name: node.expression.name.text });
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return { file, names, calls };
  };

  // A function that hands on is itself a maker, and so on until no further one is found. Who names none is not read.
  const callers = new Map();
  for (let before = -1; before !== makers.size;) {
    before = makers.size;
    const called = [...new Set([...makers.keys()].map((key) => key.split('#')[1]))];
    const said = new RegExp(`\\b(?:${called.join('|')})\\b`);
    for (const source of files) {
      if (!callers.has(source) && said.test(source.text)) callers.set(source, read(source));
      const { file, names, calls } = callers.get(source) ?? { calls: [] };
      for (const { node, name } of calls) {
        const maker = makers.get(names.get(name) ?? `${file}#${name}`);
        if (maker) follow(maker, node, file, makers, add);
      }
    }
  }
  return found;
}

/** Adds what one call of a maker makes; what it only hands on makes the function around it a maker. */
function follow(maker, node, file, makers, add) {
  const outer = enclosing(node);
  /** The parameter of a function around the call that an expression is. */
  const handedOn = (expression) => {
    if (!expression || !ts.isIdentifier(expression)) return null;
    for (const { name, parameters } of outer) {
      const argument = parameters.findIndex(({ name: each }) => each.getText() === expression.text);
      if (argument >= 0) return { name, argument, values: typed(parameters[argument]) };
    }
    return null;
  };
  const given = node.arguments[maker.code.argument];
  if (!given) return;
  const code = holed(given);
  const [before, after] = [maker.code.before + code.before, code.after + maker.code.after];
  const kindNode = node.arguments[maker.kind.argument];
  const handedCode = handedOn(code.of);
  const handedKind = handedOn(kindNode);
  const codes = texts(code.of) ?? handedCode?.values ?? [];
  const kinds = maker.kind.literal ? [maker.kind.literal] : (texts(kindNode) ?? handedKind?.values ?? []);
  for (const each of codes) for (const kind of kinds) add(`${before}${each}${after}`, kind);
  if (!handedCode?.name) return;
  const kind = handedKind ? { argument: handedKind.argument } : kinds.length === 1 ? { literal: kinds[0] } : null;
  if (kind) makers.set(`${file}#${handedCode.name}`, { code: { before, argument: handedCode.argument, after }, kind });
}

module.exports = { problemStatuses };
