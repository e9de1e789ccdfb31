import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const ROOT = path.resolve(__dirname, '../..');
const TEST = /\.(spec|int-spec|e2e-spec)\.ts$/;

/** A source file, by its path from the root of the repository. */
export interface Source {
  file: string;
  text: string;
}

/** The product's own TypeScript under a folder, tests left out. */
export function sources(folder: string): Source[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !TEST.test(file))
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
}

/** The context that a file belongs to (`orders`), `kernel`, or null. */
export function contextOf(file: string): string | null {
  const [src, area, name] = file.split('/');
  if (src !== 'src') return null;
  if (area === 'kernel') return 'kernel';
  return ['start', 'cli', 'seed'].includes(area) || !name || name.endsWith('.ts') ? null : name;
}

/** Every class of a file, nested ones included; none where the file does not say what is asked about, which spares reading it. */
export function classes({ file, text }: Source, about?: RegExp): ts.ClassDeclaration[] {
  const found: ts.ClassDeclaration[] = [];
  if (about && !about.test(text)) return found;
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true));
  return found;
}

/** Calls in a file whose callee has this text (`notFound`, `new AppError` by `AppError`). */
export function calls({ file, text }: Source, names: readonly string[]): ts.NodeArray<ts.Expression>[] {
  const found: ts.NodeArray<ts.Expression>[] = [];
  if (!names.some((name) => text.includes(name))) return found;
  const visit = (node: ts.Node): void => {
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && names.includes(node.expression.getText()))
      found.push(node.arguments ?? ts.factory.createNodeArray());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true));
  return found;
}

/** Arguments of a decorator of a class, or null without it. */
export function decorator(node: ts.ClassDeclaration, name: string): readonly ts.Expression[] | null {
  for (const { expression } of ts.getDecorators(node) ?? [])
    if (ts.isCallExpression(expression) && expression.expression.getText() === name) return expression.arguments;
  return null;
}

/** A property of an object literal. */
export function property(literal: ts.Expression | undefined, name: string): ts.Expression | null {
  if (!literal || !ts.isObjectLiteralExpression(literal)) return null;
  for (const one of literal.properties)
    if (ts.isPropertyAssignment(one) && one.name.getText() === name) return one.initializer;
  return null;
}

/** The text of a string literal; null for anything that must be computed. */
export const literalText = (node: ts.Expression | null | undefined): string | null =>
  node && ts.isStringLiteralLike(node) ? node.text : null;
