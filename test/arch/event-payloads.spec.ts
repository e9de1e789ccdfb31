import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { classes, contextOf, literalText, ROOT, sources } from './scan';

/** The literal types of the events that a file declares, by its syntax. */
function typesIn(source: { file: string; text: string }): string[] {
  return classes(source).flatMap((node) => {
    if (
      !node.heritageClauses?.some(({ types }) => types.some(({ expression }) => expression.getText() === 'DomainEvent'))
    )
      return [];
    const type = node.members.find(
      (member): member is ts.PropertyDeclaration =>
        ts.isPropertyDeclaration(member) && member.name.getText() === 'type',
    );
    return [literalText(type?.initializer) ?? `${source.file}: ${node.name?.text} has no literal type`];
  });
}

/** What specs of events say, by context: they pin types together with their payloads. */
const said = new Map<string, string>();
for (const name of readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
  const file = path.posix.join('src', name.split(path.sep).join('/'));
  if (!/\/contracts\/[a-z-]*events\.spec\.ts$/.test(file)) continue;
  const context = contextOf(file)!;
  said.set(context, (said.get(context) ?? '') + readFileSync(path.join(ROOT, file), 'utf8'));
}

const unsaid = (context: string, types: string[]): string[] => {
  const text = said.get(context) ?? '';
  return types.filter((type) => !new RegExp(`['"\`]${type.replaceAll('.', '\\.')}(?!\\w)`).test(text));
};

describe('events that are stored', () => {
  const declared = sources('src')
    .filter(({ text }) => text.includes('extends DomainEvent'))
    .map((source) => ({ context: contextOf(source.file) ?? source.file, types: typesIn(source) }));

  it('have their payload pinned in a spec beside their contract, each of them', () => {
    expect(declared.flatMap(({ types }) => types).length).toBeGreaterThan(90);
    expect(declared.flatMap(({ context, types }) => unsaid(context, types))).toEqual([]);
  });

  it('would see one that nobody pinned', () => {
    const text = `export class Planted extends DomainEvent<{ id: string }> { static override readonly type = 'orders.planted.v1'; }`;
    expect(typesIn({ file: 'planted.ts', text })).toEqual(['orders.planted.v1']);
    expect(unsaid('orders', ['orders.planted.v1', 'orders.order-paid.v1'])).toEqual(['orders.planted.v1']);
  });
});
