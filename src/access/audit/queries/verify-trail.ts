import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { HeadsFile } from '../adapters/heads-file';
import { HeadKeys } from '../data/head-keys';
import { SealedTrailsQuery, VerifyTrailQuery, type TrailReport } from '../contracts/verify-trail';
import { TrailCheck } from './trail-check';

@QueryHandler(VerifyTrailQuery)
export class VerifyTrailHandler implements IQueryHandler<VerifyTrailQuery> {
  constructor(
    private readonly database: Database,
    private readonly keys: HeadKeys,
    private readonly file: HeadsFile,
  ) {}

  execute({ progress }: VerifyTrailQuery): Promise<TrailReport> {
    const trail = currentContext().tenantId ?? PLATFORM_TENANT;
    return new TrailCheck(trail, this.database, this.keys, this.file, progress).run();
  }
}

@QueryHandler(SealedTrailsQuery)
export class SealedTrailsHandler implements IQueryHandler<SealedTrailsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<string[]> {
    const rows = await this.database.readPlatform<{ id: string }>(
      'select t.id from audit.sealed_tenants(1000000) as t(id)',
    );
    return rows.map(({ id }) => id);
  }
}
