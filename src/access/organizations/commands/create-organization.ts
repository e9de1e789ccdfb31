import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { randomInt } from 'node:crypto';
import { Config } from '../../../kernel/config/config';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { CreateOrganizationCommand, type OrganizationFacts } from '../contracts/create-organization';
import { Member } from '../domain/member';
import { Organization } from '../domain/organization';
import { slugInvalid, slugTaken } from '../domain/organizations.errors';
import { isSlug, slugFrom } from '../domain/slug.policy';

/** Derived slugs tried before giving up; from the third on they carry random digits. */
const MOST_TRIES = 8;

@CommandHandler(CreateOrganizationCommand)
export class CreateOrganizationHandler implements ICommandHandler<CreateOrganizationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly config: Config,
  ) {}

  async execute({ organization: wanted }: CreateOrganizationCommand): Promise<OrganizationFacts> {
    const { name, ownerUserId, settings } = wanted;
    const id = wanted.id ?? newId();
    if (wanted.slug !== undefined && !isSlug(wanted.slug)) throw slugInvalid();
    return this.uow.run(
      async (tx) => {
        const slug = await this.claimSlug(tx, id, wanted.slug, name);
        await tx.store.save(
          Organization.create({ id, slug, name, ownerUserId, settings, plan: this.config.defaultPlan }),
        );
        await tx.store.save(Member.join(ownerUserId, 'owner'));
        return { id, slug, name };
      },
      { tenantId: id },
    );
  }

  /** Of two that want one slug at once, the second waits for the first's commit and then finds it taken. */
  private async claimSlug(tx: Transaction, id: string, given: string | undefined, name: string): Promise<string> {
    const base = given ?? slugFrom(name);
    for (let n = 1; n <= MOST_TRIES; n++) {
      const slug = n === 1 ? base : `${base}-${n === 2 ? 2 : randomInt(100, 100_000)}`;
      const taken = await tx.execute(
        `insert into organizations.slugs (slug, organization_id, created_at) values ($1, $2, kernel.now()) on conflict (slug) do nothing`,
        [slug, id],
      );
      if (taken === 1) return slug;
      if (given !== undefined) break;
    }
    throw slugTaken(base);
  }
}
