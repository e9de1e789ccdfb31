import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { MemberIdsQuery } from '../../../access/organizations/contracts/member-directory';
import { FindCustomerGroupsQuery } from '../../../commerce/customers/contracts/customer-groups';
import type { Transaction } from '../../../kernel/database/transaction';
import { audienceInvalid, type Audience, type CampaignRequest } from '../domain/campaign';
import { categoryNamed } from '../domain/categories';
import { isLocalTime } from '../domain/local-time';
import { localTimeUnknown, requestInvalid } from '../domain/notifications.errors';
import { LetterBook } from '../templates/letter-book';

/** What is asked of a campaign before it is kept. */
@Injectable()
export class CampaignChecks {
  constructor(
    private readonly queries: QueryBus,
    private readonly letters: LetterBook,
  ) {}

  /** @throws AppError invalid `notifications.audience-invalid`, `notifications.request-invalid`, `notifications.local-time-unknown`, not-found `notifications.template-not-found` */
  async assert(
    tx: Transaction,
    audience: Audience | null,
    { category, template, localTime }: Pick<CampaignRequest, 'category' | 'template' | 'localTime'>,
  ): Promise<void> {
    if (categoryNamed(category).critical)
      throw requestInvalid('/category', 'this category beats what people want, and is kept for Mainstay itself');
    if (localTime !== undefined && !isLocalTime(localTime)) throw localTimeUnknown();
    // Whom it named before may have left meanwhile; a start passes them over.
    if (audience) await this.audience(audience);
    await this.letters.find(tx.tenantId, template);
  }

  private async audience({ roles, customerGroupId, userIds }: Audience): Promise<void> {
    if ([roles, customerGroupId, userIds].filter((one) => one !== undefined).length !== 1)
      throw audienceInvalid('one of roles, customerGroupId and userIds');
    if (customerGroupId) {
      const found = await this.queries.execute(new FindCustomerGroupsQuery({ ids: [customerGroupId] }));
      if (found.length === 0) throw audienceInvalid('there is no such group of customers');
    }
    if (userIds) {
      const distinct = [...new Set(userIds)];
      const known = await this.queries.execute(new MemberIdsQuery({ userIds: distinct }));
      if (known.length < distinct.length)
        throw audienceInvalid(`${distinct.length - known.length} of the users are no active members`);
    }
  }
}
