import ts from 'typescript';
import { calls, classes, contextOf, decorator, literalText, property, type Source } from './scan';

/** Each check names what is wrong with the given sources, one line a fault; empty when they keep the convention. */
export type Check = (all: Source[]) => string[];

const at = (source: Source, node: ts.ClassDeclaration): string => `${source.file} ${node.name?.text ?? 'class'}`;

function repeated(found: Map<string, string[]>): string[] {
  return [...found]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => `${name} is used by ${places.join(' and ')}`);
}

/** Names of reactions, timers and jobs are stored with every delivery: literal, unique, and prefixed by their context. */
export const handlerNames: Check = (all) => {
  const faults: string[] = [];
  const names = new Map<string, string[]>();
  for (const source of all)
    for (const node of classes(source, /@(?:Reaction|Timer|Job)\b/))
      for (const kind of ['Reaction', 'Timer', 'Job']) {
        const args = decorator(node, kind);
        if (!args) continue;
        const name = literalText(property(args[0], 'name'));
        if (name === null) faults.push(`${at(source, node)}: @${kind} needs a literal name`);
        else if (!/^[a-z][a-z-]*\.[a-z][a-z0-9-]*$/.test(name) || name.split('.')[0] !== contextOf(source.file))
          faults.push(`${at(source, node)}: "${name}" is not <own context>.<kebab-case>`);
        else names.set(name, [...(names.get(name) ?? []), at(source, node)]);
      }
  return [...faults, ...repeated(names)];
};

/** Event types are stored for ever: literal, versioned, prefixed by their context, declared in its contracts. */
export const eventTypes: Check = (all) => {
  const faults: string[] = [];
  const types = new Map<string, string[]>();
  for (const source of all)
    for (const node of classes(source, /DomainEvent/)) {
      const base = node.heritageClauses?.flatMap((clause) => clause.types.map((type) => type.expression.getText()));
      if (!base?.includes('DomainEvent')) continue;
      const declared = node.members.find(
        (member): member is ts.PropertyDeclaration =>
          ts.isPropertyDeclaration(member) && member.name.getText() === 'type',
      );
      let initializer = declared?.initializer;
      if (initializer && ts.isAsExpression(initializer)) initializer = initializer.expression;
      const type = literalText(initializer);
      const context = contextOf(source.file);
      if (type === null) faults.push(`${at(source, node)}: an event needs \`static readonly type\` with a literal`);
      else if (!/^[a-z][a-z-]*\.[a-z][a-z-]*\.v[1-9]\d*$/.test(type) || type.split('.')[0] !== context)
        faults.push(`${at(source, node)}: "${type}" is not ${context}.<name>.v<n>`);
      else types.set(type, [...(types.get(type) ?? []), at(source, node)]);
      if (context !== 'kernel' && !source.file.includes('/contracts/'))
        faults.push(`${at(source, node)}: events live in contracts/`);
    }
  return [...faults, ...repeated(types)];
};

/** `@IsOptional()` lets null through: it stands where the type says so, `@MayBeAbsent()` elsewhere. */
export const optionalFields: Check = (all) =>
  all.flatMap((source) =>
    classes(source, /@IsOptional\b/).flatMap((node) =>
      node.members.flatMap((member) => {
        if (!ts.isPropertyDeclaration(member)) return [];
        const optional = ts.getDecorators(member)?.some((one) => one.getText() === '@IsOptional()') ?? false;
        const type = member.type?.getText() ?? '';
        if (!optional || /\bnull\b/.test(type)) return [];
        return [`${at(source, node)}: ${member.name.getText()} takes null, which its type does not: @MayBeAbsent()`];
      }),
    ),
  );

/** The API document is written from what modules export: of other classes it knows the decorated fields alone. */
export const exportedShapes: Check = (all) =>
  all
    .filter(({ file }) => /\/http\/.*\.dto\.ts$/.test(file))
    .flatMap((source) =>
      classes(source)
        .filter((node) => ts.isSourceFile(node.parent))
        .filter((node) => !node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
        .map((node) => `${at(source, node)}: export it, or the API document loses its fields`),
    );

/** Codes of errors are part of the API: literal, `<something>.<kebab-case>`. */
export const errorCodes: Check = (all) =>
  all.flatMap((source) =>
    calls(source, ['AppError', 'notFound', 'conflict', 'invalid']).flatMap(([code]) => {
      const text = literalText(code);
      // A code that is handed through is checked where it is written; of a computed one the context must be literal.
      if (text === null)
        return code && ts.isTemplateExpression(code) && !/^[a-z][a-z-]*\.[a-z-]*$/.test(code.head.text)
          ? [`${source.file}: the context of a code must not be computed`]
          : [];
      // A 500 says nothing but this word and the request id.
      if (text === 'internal') return [];
      return /^[a-z][a-z-]*\.[a-z][a-z0-9-]*$/.test(text)
        ? []
        : [`${source.file}: "${text}" is not <context>.<kebab-case>`];
    }),
  );

/** What PostgreSQL learned after 15, the oldest that is promised, without a schema in front: those of `kernel` are ours. */
const NEWER =
  /(?<![\w.])(?:(?:uuidv[47]|any_value|array_(?:sample|shuffle|sort|reverse)|json_table|pg_input_is_valid|random_normal|merge_action)\(|without overlaps\b)/gi;

/** Statements run on every PostgreSQL that is promised. */
export const oldestPostgres: Check = (all) =>
  all.flatMap(({ file, text }) =>
    [...text.matchAll(NEWER)].map(([found]) => `${file}: PostgreSQL 15 does not know ${found.replace('(', '()')}`),
  );

/** A handler does something: one that only hands its command on must not exist. */
export const forwardingHandlers: Check = (all) =>
  all.flatMap((source) =>
    classes(source, /@(?:Command|Query)Handler\b/)
      .filter((node) => decorator(node, 'CommandHandler') ?? decorator(node, 'QueryHandler'))
      .filter(onlyForwards)
      .map((node) => `${at(source, node)}: a handler that only forwards must not exist`),
  );

function onlyForwards(node: ts.ClassDeclaration): boolean {
  const execute = node.members.find(
    (member): member is ts.MethodDeclaration => ts.isMethodDeclaration(member) && member.name.getText() === 'execute',
  );
  const [statement, ...more] = execute?.body?.statements ?? [];
  if (!statement || more.length > 0) return false;
  let expression = ts.isReturnStatement(statement)
    ? statement.expression
    : ts.isExpressionStatement(statement)
      ? statement.expression
      : undefined;
  if (expression && ts.isAwaitExpression(expression)) expression = expression.expression;
  if (!expression || !ts.isCallExpression(expression)) return false;
  if (!/^this\.\w+\.\w+$/.test(expression.expression.getText())) return false;
  const parameter = execute!.parameters[0]?.name.getText() ?? '';
  return expression.arguments.every((arg) =>
    new RegExp(`^(?:\\{ \\.\\.\\.)?${parameter}(?:\\.\\w+)*(?: \\})?$`).test(arg.getText()),
  );
}

/** Files of migrations: `<13 digits>-<context>-<what>.ts`, the class ending in the same digits, no digits twice. */
export function migrationNames(all: Source[], contexts: readonly string[]): string[] {
  const faults: string[] = [];
  const stamps = new Map<string, string[]>();
  for (const source of all) {
    const name = source.file.split('/').at(-1)!;
    const match = /^(\d{13})-([a-z0-9-]+)\.ts$/.exec(name);
    const context = match && ['kernel', ...contexts].find((one) => match[2].startsWith(`${one}-`));
    if (!match || !context) {
      faults.push(`${source.file} is not <timestamp>-<context>-<what>.ts`);
      continue;
    }
    if (!classes(source).some((node) => node.name?.text.endsWith(match[1])))
      faults.push(`${source.file}: the class does not end in ${match[1]}`);
    stamps.set(match[1], [...(stamps.get(match[1]) ?? []), source.file]);
  }
  return [...faults, ...repeated(stamps)];
}

export interface Edge {
  from: string;
  to: string;
  by: string[];
  sync?: boolean;
  reason: string;
}

/** The context map: known contexts, a reason for every edge, sync edges along the lock rank. */
export function mapFaults(map: { lockRank: string[]; edges: Edge[] }, contexts: readonly string[]): string[] {
  const faults: string[] = [];
  const edges = new Map<string, string[]>();
  for (const edge of map.edges) {
    const name = `${edge.from} -> ${edge.to}`;
    edges.set(name, [...(edges.get(name) ?? []), name]);
    for (const end of [edge.from, edge.to])
      if (!contexts.includes(end)) faults.push(`${name}: there is no context ${end}`);
    if (edge.from === edge.to) faults.push(`${name}: leads to itself`);
    if (!edge.reason || edge.reason.length < 20) faults.push(`${name}: says no reason`);
    if (edge.by.length === 0 || edge.by.some((by) => !['command', 'query', 'event'].includes(by)))
      faults.push(`${name}: \`by\` is command, query or event`);
    if (!edge.sync) continue;
    if (!edge.by.includes('command')) faults.push(`${name}: only commands are sync`);
    const [from, to] = [map.lockRank.indexOf(edge.from), map.lockRank.indexOf(edge.to)];
    if (from < 0 || to < 0) faults.push(`${name}: a sync edge needs both ends in lockRank`);
    else if (from >= to) faults.push(`${name}: a sync edge leads to a higher lock rank`);
  }
  if (new Set(map.lockRank).size !== map.lockRank.length) faults.push('lockRank names a context twice');
  return [...faults, ...repeated(edges)];
}
