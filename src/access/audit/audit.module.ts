import { Global, Module } from '@nestjs/common';
import { AUDIT_SINK, type AuditSink } from '../../kernel/audit/audit';
import { AuditLogsController } from './http/audit-logs.controller';
import { Partitions } from './jobs/partitions';
import { ListAuditEntriesHandler } from './queries/list-entries';

/** Where the kernel's hook writes: one row per command, in the business transaction's own flush. */
const SINK: AuditSink = { table: 'audit.entries' };

/** The audit trail. Global, because the kernel's unit of work asks for the sink. */
@Global()
@Module({
  controllers: [AuditLogsController],
  providers: [{ provide: AUDIT_SINK, useValue: SINK }, ListAuditEntriesHandler, Partitions],
  exports: [AUDIT_SINK],
})
export class AuditModule {}
