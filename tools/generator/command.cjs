'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { camel, pascal, words } = require('./names.cjs');
const { addImport, addToList } = require('./edit.cjs');
const { actionChanges } = require('./action.cjs');

/**
 * A command on an entity of the context: `extend-warranty` loads the warranty, calls `extend` on it and saves. The
 * behaviour is added to the entity, the handler to the module.
 */
function commandChanges({ root, context, name, UsageError }) {
  const [area, contextName] = context.split('/');
  const folder = `src/${area}/${contextName}`;
  const read = (file) => {
    const full = path.join(root, folder, file);
    return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : null;
  };
  const [verb, ...nounParts] = name.split('-');
  const noun = nounParts.join('-');
  const entity = read(`domain/${noun}.ts`);
  const One = pascal(noun);
  if (entity === null || !new RegExp(`export class ${One}\\b`).test(entity))
    throw new UsageError(
      `${folder}/domain/${noun}.ts with a class ${One} is needed: a command is called <verb>-<entity>.`,
    );
  const module = read(`${contextName}.module.ts`);
  if (module === null) throw new UsageError(`${folder}/${contextName}.module.ts is missing.`);

  const variable = camel(noun);
  const Command = pascal(name);
  const action = actionChanges(root, area, Command, `${One}: ${words(verb)}.`);
  const errors = read(`domain/${contextName}.errors.ts`) ?? '';
  const missing = `${variable}NotFound`;
  const changed = {
    [`${folder}/${contextName}.module.ts`]: addToList(
      addImport(module, `${Command}Handler`, `./commands/${name}`),
      /providers: \[/,
      `${Command}Handler`,
    ),
  };
  if (!errors.includes(`const ${missing} `)) {
    const factory = `export const ${missing} = (): AppError =>\n  notFound('${contextName}.${noun}-not-found', 'No such ${words(noun)}.');\n`;
    changed[`${folder}/domain/${contextName}.errors.ts`] = `${withErrorImports(errors)}\n${factory}`;
  }
  if (!new RegExp(`^  (?:async )?${verb}\\(`, 'm').test(entity))
    changed[`${folder}/domain/${noun}.ts`] = withBehaviour(entity, One, verb);

  return {
    created: {
      ...action.created,
      [`${folder}/commands/${name}.ts`]: `import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ${missing} } from '../domain/${contextName}.errors';
import { ${One} } from '../domain/${noun}';

/** Will ${verb} the ${words(noun)}. @throws AppError not-found \`${contextName}.${noun}-not-found\` */
export class ${Command}Command extends Command<void> {
  constructor(readonly ${variable}Id: string) {
    super();
  }
}

@CommandHandler(${Command}Command)
export class ${Command}Handler implements ICommandHandler<${Command}Command> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ ${variable}Id }: ${Command}Command): Promise<void> {
    return this.uow.run(async (tx) => {
      const ${variable} = await tx.store.load(${One}, ${variable}Id);
      if (!${variable}) throw ${missing}();
      ${variable}.${verb}(clock.now());
      await tx.store.update(${variable});
    });
  }
}
`.replace(
        'await tx.store.update(',
        /class \w+ extends Aggregate/.test(entity) ? 'await tx.store.save(' : 'await tx.store.update(',
      ),
    },
    changed: { ...changed, ...action.changed },
  };
}

/** The errors file with the two names that the new factory needs. */
function withErrorImports(text) {
  const line = /^import \{([^}]*)\} from '\.\.\/\.\.\/\.\.\/kernel\/errors\/app-error';\n/m;
  const has = line.exec(text);
  const names = new Set(
    (has?.[1] ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
  );
  if (!names.has('AppError')) names.add('type AppError');
  names.add('notFound');
  const imported = `import { ${[...names].join(', ')} } from '../../../kernel/errors/app-error';\n`;
  return has ? text.replace(line, imported) : imported + text;
}

/** The entity with one more method at its end. */
function withBehaviour(text, One, verb) {
  const start = text.search(new RegExp(`export class ${One}\\b`));
  const end = start + text.slice(start).search(/^\}$/m);
  const touched = /\bupdatedAt: Date/.test(text.slice(start, end));
  const body = touched
    ? `  ${verb}(at: Date): void {\n    this.updatedAt = at;\n  }\n`
    : `  ${verb}(_at: Date): void {}\n`;
  return `${text.slice(0, end)}\n${body}${text.slice(end)}`;
}

module.exports = { commandChanges };
