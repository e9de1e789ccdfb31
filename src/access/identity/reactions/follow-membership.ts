import { Injectable } from '@nestjs/common';
import { AuthVersions } from '../../../kernel/auth/versions';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import {
  MemberJoined,
  MemberRemoved,
  MemberRoleChanged,
  TeamRemoved,
} from '../../organizations/contracts/organization-events';
import { StandingRepository } from '../data/standing.repository';
import type { Subject } from '../domain/authorization';
import { Grant } from '../domain/grant';

interface OfUser {
  payload: { userId: string };
}
const byUser = ({ payload }: OfUser): string => `identity.standing ${payload.userId}`;

/** Keeps who was what in an organization, and when, for questions about the past. */
@Injectable()
@Reaction({ name: 'identity.note-member-when-joined', on: MemberJoined, orderingKey: byUser })
export class NoteMemberWhenJoined implements Reacts<MemberJoined> {
  constructor(private readonly standings: StandingRepository) {}

  async react({ payload, at }: StoredEvent<MemberJoined>, tx: Transaction): Promise<void> {
    await this.standings.note(tx, payload.userId, payload.role, at);
  }
}

/** As `NoteMemberWhenJoined`, for another role. */
@Injectable()
@Reaction({ name: 'identity.note-member-when-role-changed', on: MemberRoleChanged, orderingKey: byUser })
export class NoteMemberWhenRoleChanged implements Reacts<MemberRoleChanged> {
  constructor(private readonly standings: StandingRepository) {}

  async react({ payload, at }: StoredEvent<MemberRoleChanged>, tx: Transaction): Promise<void> {
    await this.standings.note(tx, payload.userId, payload.to, at);
  }
}

/** Who leaves, leaves its grants behind: none of them is there again for a user who comes back later. */
@Injectable()
@Reaction({ name: 'identity.revoke-grants-when-member-removed', on: MemberRemoved, orderingKey: byUser })
export class RevokeGrantsWhenMemberRemoved implements Reacts<MemberRemoved> {
  constructor(
    private readonly clock: Clock,
    private readonly versions: AuthVersions,
    private readonly standings: StandingRepository,
  ) {}

  async react({ payload, at }: StoredEvent<MemberRemoved>, tx: Transaction): Promise<void> {
    await this.standings.note(tx, payload.userId, null, at);
    await this.versions.bump(tx, tx.tenantId);
    await revokeAll(tx, { type: 'user', id: payload.userId }, at, this.clock.now());
  }
}

/** What a team was granted goes with it. */
@Injectable()
@Reaction({ name: 'identity.revoke-grants-when-team-removed', on: TeamRemoved })
export class RevokeGrantsWhenTeamRemoved implements Reacts<TeamRemoved> {
  constructor(
    private readonly clock: Clock,
    private readonly versions: AuthVersions,
  ) {}

  async react({ payload, at }: StoredEvent<TeamRemoved>, tx: Transaction): Promise<void> {
    await this.versions.bump(tx, tx.tenantId);
    await revokeAll(tx, { type: 'team', id: payload.teamId }, at, this.clock.now());
  }
}

/** What was granted after `until` belongs to another membership. */
async function revokeAll(tx: Transaction, { type, id }: Subject, until: Date, now: Date): Promise<void> {
  const grants = await tx.store.loadMany(Grant, { subjectType: type, subjectId: id, revokedAt: null, expiredAt: null });
  for (const grant of grants) {
    if (grant.createdAt > until) continue;
    grant.revoke(null, now);
    await tx.store.save(grant);
  }
}
