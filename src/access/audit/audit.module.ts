import { Global, Module } from '@nestjs/common';
import { AuditSink } from '../../kernel/audit/audit';
import { HeadsFile } from './adapters/heads-file';
import { Sealer } from './commands/sealer';
import { EntrySink } from './data/entry-sink';
import { HeadKeys } from './data/head-keys';
import { SubjectKeys } from './data/subject-keys';
import { AuditLogsController } from './http/audit-logs.controller';
import { Partitions } from './jobs/partitions';
import { Sealing } from './jobs/sealing';
import { ListAuditEntriesHandler } from './queries/list-entries';
import { SealedTrailsHandler, VerifyTrailHandler } from './queries/verify-trail';

/** The audit trail. Global, because the kernel's unit of work asks for the sink. */
@Global()
@Module({
  controllers: [AuditLogsController],
  providers: [
    SubjectKeys,
    HeadKeys,
    HeadsFile,
    { provide: AuditSink, useClass: EntrySink },
    Sealer,
    Sealing,
    Partitions,
    ListAuditEntriesHandler,
    VerifyTrailHandler,
    SealedTrailsHandler,
  ],
  exports: [AuditSink],
})
export class AuditModule {}
