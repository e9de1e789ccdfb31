import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { MemberDirectoryQuery } from '../../../access/organizations/contracts/member-directory';
import { ListQuery } from '../../../kernel/http/pagination';
import { currentContext } from '../../../kernel/context/request-context';
import { SettingsRepository } from '../data/settings.repository';
import { memberUnknown } from '../domain/chat.errors';

const AT_ONCE = 500;

/** Who may be talked to. */
@Injectable()
export class People {
  constructor(
    private readonly queries: QueryBus,
    private readonly settings: SettingsRepository,
  ) {}

  /**
   * All of them are active members of the organization. Unless it lets them, customers reach those who work there, not each
   * other: an address book of strangers is nothing that a shop hands out.
   * @throws AppError invalid `chat.member-unknown`, alike for people of other organizations and people one may not reach
   */
  async demand(callerId: string, others: string[]): Promise<void> {
    const missing = await this.unreached(callerId, others);
    if (missing.length > 0) throw memberUnknown(missing);
  }

  /** Those of them whom the caller may not talk to, or who are not there; see `demand`. */
  async unreached(callerId: string, others: string[]): Promise<string[]> {
    if (others.length === 0) return [];
    const roles = new Map<string, string>();
    const all = [callerId, ...others];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      const userIds = all.slice(from, from + AT_ONCE);
      const list = Object.assign(new ListQuery(), { limit: AT_ONCE, userIds, status: ['active' as const] });
      const { data } = await this.queries.execute(new MemberDirectoryQuery(list));
      for (const { userId, role } of data) roles.set(userId, role);
    }
    const outside = roles.get(callerId) === 'customer' || !roles.has(callerId);
    const strangers = outside && !(await this.settings.of(currentContext().tenantId!)).customersMayMeet;
    return others.filter((id) => !roles.has(id) || (strangers && roles.get(id) === 'customer'));
  }
}
