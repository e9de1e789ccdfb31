import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { uploadExpired, uploadNotFound } from '../domain/files.errors';

/** How far an upload came. */
export interface UploadProgress {
  name: string;
  declared: string | null;
  length: number;
  offset: number;
  expiresAt: Date;
}

/** @throws AppError not-found `files.upload-not-found`, also for uploads of others; gone `files.upload-expired` */
export class FindUploadQuery extends Query<UploadProgress> {
  constructor(readonly uploadId: string) {
    super();
  }
}

@QueryHandler(FindUploadQuery)
export class FindUploadHandler implements IQueryHandler<FindUploadQuery> {
  constructor(private readonly database: Database) {}

  async execute({ uploadId }: FindUploadQuery): Promise<UploadProgress> {
    const [row] = await this.database.read<UploadProgress & { expired: boolean }>(
      `select name, declared_type as declared, length::float8 as length, received::float8 as "offset",
         expires_at as "expiresAt", expires_at <= kernel.now() as expired
       from files.uploads where tenant_id = kernel.tenant_id() and id = $1 and uploaded_by is not distinct from $2::uuid`,
      [uploadId, currentContext().principal.userId],
    );
    if (!row) throw uploadNotFound();
    if (row.expired) throw uploadExpired();
    return row;
  }
}
