import { Global, Module } from '@nestjs/common';
import { AuditSink } from '../../kernel/audit/audit';
import { EntrySink } from './data/entry-sink';
import { SubjectKeys } from './data/subject-keys';
import { AuditLogsController } from './http/audit-logs.controller';
import { Partitions } from './jobs/partitions';
import { ListAuditEntriesHandler } from './queries/list-entries';

/** The audit trail. Global, because the kernel's unit of work asks for the sink. */
@Global()
@Module({
  controllers: [AuditLogsController],
  providers: [SubjectKeys, { provide: AuditSink, useClass: EntrySink }, ListAuditEntriesHandler, Partitions],
  exports: [AuditSink],
})
export class AuditModule {}
