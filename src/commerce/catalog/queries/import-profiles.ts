import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { ImportProfileQuery, type SavedProfile } from '../contracts/import-profiles';
import { importProfileNotFound } from '../domain/catalog.errors';

const COLUMNS = `p.id, p.name, p.mapping, p.version, p.created_at as "createdAt", p.updated_at as "updatedAt"`;

/** A saved profile, or null. Within a unit of work it sees what that has written. */
export async function findImportProfile(
  database: Database,
  wanted: ImportProfileQuery['wanted'],
): Promise<SavedProfile | null> {
  const [column, value] = 'id' in wanted ? ['id', wanted.id] : ['name', wanted.name];
  const rows = await database.read<SavedProfile>(
    `select ${COLUMNS} from catalog.import_profiles p where p.tenant_id = kernel.tenant_id() and p.${column} = $1`,
    [value],
  );
  return rows[0] ?? null;
}

@QueryHandler(ImportProfileQuery)
export class ImportProfileHandler implements IQueryHandler<ImportProfileQuery> {
  constructor(private readonly database: Database) {}

  async execute({ wanted }: ImportProfileQuery): Promise<SavedProfile> {
    const found = await findImportProfile(this.database, wanted);
    if (!found) throw importProfileNotFound();
    return found;
  }
}

/** A page of saved profiles. */
export class ListImportProfilesQuery extends Query<Page<SavedProfile>> {
  constructor(readonly query: ListQuery) {
    super();
  }
}

const PROFILES = keyset({
  id: 'p.id',
  sorts: { name: { sql: 'p.name', type: 'text' }, createdAt: { sql: 'p.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
});

@QueryHandler(ListImportProfilesQuery)
export class ListImportProfilesHandler implements IQueryHandler<ListImportProfilesQuery> {
  constructor(private readonly database: Database) {}

  execute({ query }: ListImportProfilesQuery): Promise<Page<SavedProfile>> {
    return PROFILES.run<SavedProfile & { _id: string; _k0: string }, SavedProfile>(this.database, query, {
      select: COLUMNS,
      from: 'catalog.import_profiles p',
      where: 'p.tenant_id = kernel.tenant_id()',
      map: ({ _id, _k0, ...profile }) => profile,
    });
  }
}
