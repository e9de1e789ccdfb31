import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { TenantsOfSubjectQuery } from '../contracts/tenants-of-subject';
import { SubjectKeys } from '../data/subject-keys';

@QueryHandler(TenantsOfSubjectQuery)
export class TenantsOfSubjectHandler implements IQueryHandler<TenantsOfSubjectQuery> {
  constructor(
    private readonly database: Database,
    private readonly keys: SubjectKeys,
  ) {}

  async execute({ subjectId, emails }: TenantsOfSubjectQuery): Promise<string[]> {
    const subjects = [subjectId, ...emails.flatMap((email) => this.keys.subjectsOfEmail(email))];
    const rows = await this.database.readPlatform<{ id: string }>(
      'select t.id from audit.tenants_of_subjects($1::uuid[]) as t(id)',
      [subjects],
    );
    return rows.map(({ id }) => id);
  }
}
