import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { Config } from '../../../kernel/config/config';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import type { StoredBranding } from '../domain/branding.policy';
import { canonicalHost, DomainName } from '../domain/domain-name';
import { domainNotFound, domainTaken, domainUnproven } from '../domain/organizations.errors';
import { VerifyDomain } from '../jobs/verify-domain';
import { domainView, type DomainView } from '../queries/branding';
import { lockOrganization } from './lock-organization';

/** Changes how the context's organization looks; null takes a part back to its default. */
export class ChangeBrandingCommand extends Command<void> {
  constructor(readonly changes: { [Name in keyof StoredBranding]?: StoredBranding[Name] | null }) {
    super();
  }
}

@CommandHandler(ChangeBrandingCommand)
export class ChangeBrandingHandler implements ICommandHandler<ChangeBrandingCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ changes }: ChangeBrandingCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const organization = await lockOrganization(tx);
      organization.brand(changes);
      await tx.store.save(organization);
    });
  }
}

/** Claims a domain and asks at once whether it is proven. @throws AppError conflict `organizations.domain-taken` */
export class ClaimDomainCommand extends Command<DomainView> {
  constructor(readonly host: string) {
    super();
  }
}

@CommandHandler(ClaimDomainCommand)
export class ClaimDomainHandler implements ICommandHandler<ClaimDomainCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly limits: ResourceLimits,
    private readonly config: Config,
  ) {}

  async execute({ host: wanted }: ClaimDomainCommand): Promise<DomainView> {
    const host = canonicalHost(wanted, new URL(this.config.publicUrl).hostname);
    return this.uow.run(async (tx) => {
      await lockOrganization(tx);
      await this.limits.assertWithin(tx, 'customDomains');
      const [holder] = await tx.query<{ id: string }>(
        'select organization_id as id from organizations.hosts where host = $1',
        [host],
      );
      const [own] = await tx.store.loadMany(DomainName, { host });
      if (own || (holder && holder.id !== tx.tenantId)) throw domainTaken();
      const domain = DomainName.claim(host);
      await tx.store.insert(domain);
      tx.job(VerifyDomain, { domainId: domain.id });
      return domainView(tx, domain.id);
    });
  }
}

/** Lets links in mails use this domain. @throws AppError conflict `organizations.domain-unproven` */
export class MakeDomainPrimaryCommand extends Command<DomainView> {
  constructor(readonly domainId: string) {
    super();
  }
}

@CommandHandler(MakeDomainPrimaryCommand)
export class MakeDomainPrimaryHandler implements ICommandHandler<MakeDomainPrimaryCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ domainId }: MakeDomainPrimaryCommand): Promise<DomainView> {
    return this.uow.run(async (tx) => {
      await lockOrganization(tx);
      const domains = await tx.store.loadMany(DomainName, {});
      const chosen = domains.find(({ id }) => id === domainId);
      if (!chosen) throw domainNotFound();
      if (chosen.state !== 'verified') throw domainUnproven();
      for (const domain of domains) {
        domain.isPrimary = domain === chosen;
        await tx.store.update(domain);
      }
      return domainView(tx, chosen.id);
    });
  }
}

/** Lets a domain go: it leads nowhere at once, and others may claim it. */
export class RemoveDomainCommand extends Command<void> {
  constructor(readonly domainId: string) {
    super();
  }
}

@CommandHandler(RemoveDomainCommand)
export class RemoveDomainHandler implements ICommandHandler<RemoveDomainCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ domainId }: RemoveDomainCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await lockOrganization(tx);
      const domain = await tx.store.load(DomainName, domainId);
      if (!domain) throw domainNotFound();
      await tx.execute('delete from organizations.hosts where host = $1 and organization_id = $2', [
        domain.host,
        tx.tenantId,
      ]);
      await tx.store.remove(domain);
      await this.versions.bump(tx, tx.tenantId);
    });
  }
}
