import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { FetchSandboxDisputeQuery, type SandboxDispute } from '../contracts/sandbox-provider';
import { disputeOf, DisputeRepository, disputeRowId } from '../data/dispute.repository';

@QueryHandler(FetchSandboxDisputeQuery)
export class FetchSandboxDisputeHandler implements IQueryHandler<FetchSandboxDisputeQuery> {
  constructor(private readonly disputes: DisputeRepository) {}

  async execute({ request: { accountId, id } }: FetchSandboxDisputeQuery): Promise<SandboxDispute | null> {
    const rowId = disputeRowId(id);
    const row = rowId && (await this.disputes.find(currentContext().tenantId!, accountId, rowId));
    return row ? disputeOf(row) : null;
  }
}
