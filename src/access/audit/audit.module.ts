import { Global, Module } from '@nestjs/common';
import { AuditSink } from '../../kernel/audit/audit';
import { HeadsFile } from './adapters/heads-file';
import { ApplyAuditRetentionHandler } from './commands/apply-retention';
import { ChangeAuditSettingsHandler } from './commands/change-settings';
import { Sealer } from './commands/sealer';
import { ShredSubjectHandler } from './commands/shred-subject';
import { EntrySink } from './data/entry-sink';
import { HeadKeys } from './data/head-keys';
import { SubjectKeys } from './data/subject-keys';
import { AuditLogsController } from './http/audit-logs.controller';
import { AuditReportsController } from './http/reports.controller';
import { Partitions } from './jobs/partitions';
import { Retention } from './jobs/retention';
import { Sealing } from './jobs/sealing';
import { ExportEntriesHandler } from './queries/export-entries';
import { ListAuditEntriesHandler } from './queries/list-entries';
import { AuditSettingsHandler } from './queries/settings';
import { TenantsOfSubjectHandler } from './queries/tenants-of-subject';
import { TrailReportHandler } from './queries/trail-reports';
import { TrailsToTrimHandler } from './queries/trails-to-trim';
import { SealedTrailsHandler, VerifyTrailHandler } from './queries/verify-trail';

/** The audit trail. Global, because the kernel's unit of work asks for the sink. */
@Global()
@Module({
  controllers: [AuditLogsController, AuditReportsController],
  providers: [
    SubjectKeys,
    HeadKeys,
    HeadsFile,
    { provide: AuditSink, useClass: EntrySink },
    Sealer,
    Sealing,
    Partitions,
    Retention,
    ApplyAuditRetentionHandler,
    ChangeAuditSettingsHandler,
    ShredSubjectHandler,
    AuditSettingsHandler,
    ExportEntriesHandler,
    TenantsOfSubjectHandler,
    TrailsToTrimHandler,
    ListAuditEntriesHandler,
    TrailReportHandler,
    VerifyTrailHandler,
    SealedTrailsHandler,
  ],
  exports: [AuditSink],
})
export class AuditModule {}
