'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { article, camel, pascal, singularOf, snake, words } = require('./names.cjs');
const { addToList, addImport } = require('./edit.cjs');
const { actionChanges } = require('./action.cjs');

/** Files of a new context, and the assembly with its module. */
function contextFiles({ root, area, name, singular = singularOf(name) }) {
  const names = {
    area,
    name,
    one: singular,
    Many: pascal(name),
    One: pascal(singular),
    variable: camel(singular),
    schema: snake(name),
    table: snake(name),
    an: article(singular),
    many: words(name),
    words: words(singular),
    stamp: nextStamp(root),
  };
  const folder = `src/${area}/${name}`;
  const action = actionChanges(
    root,
    area,
    `Create${names.One}`,
    `${names.an[0].toUpperCase()}${names.an.slice(1)} was created.`,
  );
  const assembly = fs.readFileSync(path.join(root, 'src/app.module.ts'), 'utf8');
  return {
    created: {
      ...action.created,
      [`${folder}/${name}.module.ts`]: moduleText(names),
      [`${folder}/contracts/${name}-events.ts`]: eventsText(names),
      [`${folder}/domain/${singular}.ts`]: entityText(names),
      [`${folder}/domain/${singular}.spec.ts`]: entitySpecText(names),
      [`${folder}/domain/${name}.errors.ts`]: errorsText(names),
      [`${folder}/commands/create-${singular}.ts`]: commandText(names),
      [`${folder}/queries/${singular}-view.ts`]: viewText(names),
      [`${folder}/queries/find-${singular}.ts`]: findText(names),
      [`${folder}/queries/list-${name}.ts`]: listText(names),
      [`${folder}/http/${name}.controller.ts`]: controllerText(names),
      [`${folder}/http/${name}.dto.ts`]: dtoText(names),
      [`${folder}/${name}.int-spec.ts`]: intSpecText(names),
      [`migrations/${names.stamp}-${name}-create.ts`]: migrationText(names),
    },
    changed: {
      ...action.changed,
      'src/app.module.ts': addToList(
        addImport(assembly, `${names.Many}Module`, `./${area}/${name}/${name}.module`),
        /CONTEXTS: Type\[\] = \[/,
        `${names.Many}Module`,
      ),
    },
  };
}

/** Later than every migration there is, so that the order of the list is the order of their making. */
function nextStamp(root) {
  const last = fs
    .readdirSync(path.join(root, 'migrations'))
    .map((file) => Number(/^(\d{13})-/.exec(file)?.[1] ?? 0))
    .reduce((a, b) => Math.max(a, b), 0);
  return String(Math.max(Date.now(), last + 1));
}

const moduleText = ({ name, one, Many, One, many }) => `import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Create${One}Handler } from './commands/create-${one}';
import { ${One} } from './domain/${one}';
import { ${Many}Controller } from './http/${name}.controller';
import { Find${One}Handler } from './queries/find-${one}';
import { List${Many}Handler } from './queries/list-${name}';

/** The ${many} of a tenant. */
@Module({
  imports: [TypeOrmModule.forFeature([${One}])],
  controllers: [${Many}Controller],
  providers: [Create${One}Handler, Find${One}Handler, List${Many}Handler],
})
export class ${Many}Module {}
`;

const eventsText = ({ name, one, One, an }) => `import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** There is ${an} more. */
export class ${One}Created extends DomainEvent<{ ${camel(one)}Id: string; name: string }> {
  static override readonly type = '${name}.${one}-created.v1';
}
`;

const entityText = ({
  name,
  one,
  One,
  variable,
  schema,
  table,
  words: noun,
}) => `import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { ${One}Created } from '../contracts/${name}-events';
import { nameRequired } from './${name}.errors';

/** One ${noun} of a tenant. */
@Entity({ schema: '${schema}', name: '${table}' })
export class ${One} extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** @throws AppError invalid \`${name}.name-required\` */
  static create(name: string, at: Date): ${One} {
    const trimmed = name.trim();
    if (trimmed === '') throw nameRequired();
    const ${variable} = Object.assign(new ${One}(), { id: newId(), name: trimmed, createdAt: at, updatedAt: at });
    ${variable}.record(new ${One}Created(${variable}.id, { ${camel(one)}Id: ${variable}.id, name: trimmed }));
    return ${variable};
  }
}
`;

const entitySpecText = ({ name, one, One, variable, an }) => `import { ${One} } from './${one}';

const at = new Date('2026-01-31T12:00:00Z');

describe('${an}', () => {
  it('is made with a name and says so', () => {
    const ${variable} = ${One}.create(' First ', at);
    expect(${variable}).toMatchObject({ name: 'First', createdAt: at });
    expect(${variable}.pullEvents()).toMatchObject([{ aggregateId: ${variable}.id, type: '${name}.${one}-created.v1' }]);
  });

  it('needs a name', () => {
    expect(() => ${One}.create('  ', at)).toThrow(expect.objectContaining({ code: '${name}.name-required' }));
  });
});
`;

const errorsText = ({
  name,
  one,
  variable,
  words: noun,
}) => `import { invalid, notFound, type AppError } from '../../../kernel/errors/app-error';

export const ${variable}NotFound = (): AppError => notFound('${name}.${one}-not-found', 'No such ${noun}.');

export const nameRequired = (): AppError =>
  invalid('${name}.name-required', 'A name is needed.', {
    errors: [{ pointer: '/name', code: 'required', detail: 'A name is needed.' }],
  });
`;

const commandText = ({
  name,
  one,
  One,
  variable,
  an,
}) => `import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ${One} } from '../domain/${one}';
import { ${variable}View, type ${One}Facts } from '../queries/${one}-view';

/** Makes ${an}. @throws AppError invalid \`${name}.name-required\` */
export class Create${One}Command extends Command<${One}Facts> {
  constructor(readonly name: string) {
    super();
  }
}

@CommandHandler(Create${One}Command)
export class Create${One}Handler implements ICommandHandler<Create${One}Command> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ name }: Create${One}Command): Promise<${One}Facts> {
    return this.uow.run(async (tx) => {
      const ${variable} = ${One}.create(name, clock.now());
      await tx.store.save(${variable});
      return ${variable}View(${variable});
    });
  }
}
`;

const viewText = ({ One, variable, an }) => `/** What the API shows of ${an}. */
export interface ${One}Facts {
  id: string;
  name: string;
  createdAt: string;
  updatedAt: string;
}

/** A row or an entity as its view. */
export const ${variable}View = (row: { id: string; name: string; createdAt: Date; updatedAt: Date }): ${One}Facts => ({
  id: row.id,
  name: row.name,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});
`;

const findText = ({
  name,
  one,
  One,
  variable,
  schema,
  table,
  an,
}) => `import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { ${variable}NotFound } from '../domain/${name}.errors';
import { ${variable}View, type ${One}Facts } from './${one}-view';

/** ${an[0].toUpperCase()}${an.slice(1)} by id. @throws AppError not-found \`${name}.${one}-not-found\` */
export class Find${One}Query extends Query<${One}Facts> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(Find${One}Query)
export class Find${One}Handler implements IQueryHandler<Find${One}Query> {
  constructor(private readonly database: Database) {}

  async execute({ id }: Find${One}Query): Promise<${One}Facts> {
    const [row] = await this.database.read<Parameters<typeof ${variable}View>[0]>(
      \`select id, name, created_at as "createdAt", updated_at as "updatedAt"
       from ${schema}.${table} where tenant_id = kernel.tenant_id() and id = $1\`,
      [id],
    );
    if (!row) throw ${variable}NotFound();
    return ${variable}View(row);
  }
}
`;

const listText = ({
  one,
  Many,
  One,
  variable,
  schema,
  table,
  many,
}) => `import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { ${variable}View, type ${One}Facts } from './${one}-view';

const LIST = keyset({
  id: 'x.id',
  sorts: { createdAt: { sql: 'x.created_at', type: 'timestamptz' }, name: { sql: 'x.name', type: 'text' } },
  defaultSort: '-createdAt',
});

/** A page of the tenant's ${many}. */
export class List${Many}Query extends Query<Page<${One}Facts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

@QueryHandler(List${Many}Query)
export class List${Many}Handler implements IQueryHandler<List${Many}Query> {
  constructor(private readonly database: Database) {}

  execute({ list }: List${Many}Query): Promise<Page<${One}Facts>> {
    return LIST.run(this.database, list, {
      select: 'x.id, x.name, x.created_at as "createdAt", x.updated_at as "updatedAt"',
      from: '${schema}.${table} x',
      where: 'x.tenant_id = kernel.tenant_id()',
      params: [],
      map: ${variable}View,
    });
  }
}
`;

const controllerText = ({
  name,
  one,
  Many,
  One,
  an,
  many,
}) => `import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, type Page } from '../../../kernel/http/pagination';
import { Create${One}Command } from '../commands/create-${one}';
import { Find${One}Query } from '../queries/find-${one}';
import { List${Many}Query } from '../queries/list-${name}';
import { Create${One}Body, ${One}Page, ${One}View } from './${name}.dto';

@ApiTags('${name}')
@Controller('${name}')
export class ${Many}Controller {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('${name}:write')
  @Idempotent()
  @ApiOperation({ operationId: 'create${One}', summary: 'Create ${an}' })
  @Problems({ '${name}.name-required': 400 })
  create(@Body() body: Create${One}Body): Promise<${One}View> {
    return this.commands.execute(new Create${One}Command(body.name));
  }

  @Get()
  @Allow('${name}:read')
  @ApiOperation({ operationId: 'list${Many}', summary: 'List the ${many}' })
  @ApiOkResponse({ type: ${One}Page })
  list(@Query() query: ListQuery): Promise<Page<${One}View>> {
    return this.queries.execute(new List${Many}Query(query));
  }

  @Get(':id')
  @Allow('${name}:read')
  @ApiOperation({ operationId: 'get${One}', summary: 'Read ${an}' })
  @Problems('${name}.${one}-not-found')
  find(@IdParam() id: string): Promise<${One}View> {
    return this.queries.execute(new Find${One}Query(id));
  }
}
`;

const dtoText = ({ one, One, an }) => `import { IsString, Length } from 'class-validator';
import { pageOf } from '../../../kernel/http/pagination';
import type { ${One}Facts } from '../queries/${one}-view';

/** ${an[0].toUpperCase()}${an.slice(1)} to be made. */
export class Create${One}Body {
  /**
   * Its name.
   * @example "First"
   */
  @IsString()
  @Length(1, 200)
  name: string;
}

/** ${an[0].toUpperCase()}${an.slice(1)}. */
export class ${One}View implements ${One}Facts {
  /** @example "01973e1c-9d3a-7c3e-8f00-0123456789ab" */
  id: string;
  /** @example "First" */
  name: string;
  /** @example "2026-01-31T12:00:00.000Z" */
  createdAt: string;
  /** @example "2026-01-31T12:00:00.000Z" */
  updatedAt: string;
}

export class ${One}Page extends pageOf(${One}View) {}
`;

const intSpecText = ({
  name,
  one,
  Many,
  One,
  variable,
  an,
  many,
}) => `import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { newId } from '../../kernel/ids/ids';
import { Create${One}Command } from './commands/create-${one}';
import { Find${One}Query } from './queries/find-${one}';
import { List${Many}Query } from './queries/list-${name}';
import { ${Many}Module } from './${name}.module';

describe('${many}', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp([${Many}Module]);
  });
  afterAll(() => app.close());

  const create = (name: string) => app.get(CommandBus).execute(new Create${One}Command(name));
  const find = (id: string) => app.get(QueryBus).execute(new Find${One}Query(id));
  const list = () => app.get(QueryBus).execute(new List${Many}Query({ limit: 20 }));

  it('keep ${an} for their tenant alone', async () => {
    const [ours, theirs] = [newId(), newId()];
    const ${variable} = await asTenant(ours, () => create('First'));
    expect(await asTenant(ours, () => find(${variable}.id))).toEqual(${variable});
    await expect(asTenant(theirs, () => find(${variable}.id))).rejects.toMatchObject({ code: '${name}.${one}-not-found' });
    expect((await asTenant(ours, list)).data).toEqual([${variable}]);
    expect((await asTenant(theirs, list)).data).toEqual([]);
  });
});
`;

const migrationText = ({
  Many,
  schema,
  table,
  many,
  stamp,
}) => `import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, tenantTable } from '../src/kernel/database/migration-kit';

/** The ${many}. */
export class ${Many}Create${stamp} implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, '${schema}');
    await tenantTable(
      runner,
      '${schema}.${table}',
      \`name text not null check (length(name) between 1 and 200), version int not null,
       created_at timestamptz not null, updated_at timestamptz not null\`,
    );
    await runner.query(\`create index ${table}_by_age on ${schema}.${table} (tenant_id, created_at, id)\`);
    await runner.query(\`create index ${table}_by_name on ${schema}.${table} (tenant_id, name, id)\`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(\`drop schema ${schema} cascade\`);
  }
}
`;

module.exports = { contextFiles };
