import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { DomainName } from '../domain/domain-name';
import { DomainProof, type ProofAnswer } from '../domain/domain-proof';
import { domainNotFound, domainTaken, organizationNotFound } from '../domain/organizations.errors';
import { domainView, type DomainView } from '../queries/branding';
import { lockOrganization } from './lock-organization';

/**
 * Looks up whether a domain of the context's organization is proven, and lets it lead there from then on. With
 * `vouched` nothing is looked up: an operator says so.
 * @throws AppError not-found `organizations.domain-not-found`, conflict `organizations.domain-taken`
 */
export class VerifyDomainCommand extends Command<DomainView> {
  constructor(
    readonly domainId: string,
    readonly organizationId?: string,
  ) {
    super();
  }

  /** An operator vouches for a domain of an organization. */
  static vouched(domainId: string, organizationId: string): VerifyDomainCommand {
    return new VerifyDomainCommand(domainId, organizationId);
  }
}

@CommandHandler(VerifyDomainCommand)
export class VerifyDomainHandler implements ICommandHandler<VerifyDomainCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly proof: DomainProof,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ domainId, organizationId }: VerifyDomainCommand): Promise<DomainView> {
    const tenantId = organizationId ?? currentContext().tenantId;
    if (!tenantId) throw organizationNotFound();
    const [found] = await this.database.readAs<{ host: string; token: string }>(
      tenantId,
      'select host, proof_token as token from organizations.domains where tenant_id = $1 and id = $2',
      [tenantId, domainId],
    );
    if (!found) throw domainNotFound();
    // The network comes before the transaction.
    const answer: ProofAnswer =
      organizationId === undefined ? await this.proof.look(found.host, found.token) : { proven: true };
    return this.uow.run((tx) => this.settle(tx, domainId, answer), { tenantId });
  }

  private async settle(tx: Transaction, domainId: string, answer: ProofAnswer): Promise<DomainView> {
    await lockOrganization(tx);
    const domain = await tx.store.load(DomainName, domainId);
    if (!domain) throw domainNotFound();
    if (answer.proven) {
      await claimHost(tx, domain.host);
      domain.prove(clock.now());
      const [primary] = await tx.store.loadMany(DomainName, { isPrimary: true });
      if (!primary) domain.isPrimary = true;
    } else domain.doubt(answer.fault, clock.now());
    await tx.store.update(domain);
    if (answer.proven) await this.versions.bump(tx, tx.tenantId);
    return domainView(tx, domain.id);
  }
}

/** A host leads to one organization alone: of two that prove it, the first one keeps it until it lets go. */
async function claimHost(tx: Transaction, host: string): Promise<void> {
  await tx.execute(
    `insert into organizations.hosts (host, organization_id, created_at) values ($1, $2, kernel.now())
     on conflict (host) do nothing`,
    [host, tx.tenantId],
  );
  const [holder] = await tx.query<{ id: string }>(
    'select organization_id as id from organizations.hosts where host = $1',
    [host],
  );
  if (holder?.id !== tx.tenantId) throw domainTaken();
}
