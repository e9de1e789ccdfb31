import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { Thresholds } from '../domain/decision';

/** How strictly a shop judges. */
export interface FraudSettings extends Thresholds {
  /** False judges nothing, whatever rules and lists say. */
  enabled: boolean;
  /** Minutes within which a review should be decided. */
  reviewDueMinutes: number;
  /** Hours after which an open review is rejected by itself: before what is reserved lapses. */
  rejectAfterHours: number;
}

/** The shop's settings; defaults where it has none, and nothing is judged. */
export class FraudSettingsQuery extends Query<FraudSettings> {}

export const DEFAULTS: FraudSettings = {
  enabled: false,
  challengeAt: null,
  reviewAt: null,
  blockAt: null,
  reviewDueMinutes: 240,
  rejectAfterHours: 144,
};

@QueryHandler(FraudSettingsQuery)
export class FraudSettingsHandler implements IQueryHandler<FraudSettingsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<FraudSettings> {
    const [row] = await this.database.read<FraudSettings>(
      `select enabled, challenge_at as "challengeAt", review_at as "reviewAt", block_at as "blockAt",
         review_due_minutes as "reviewDueMinutes", reject_after_hours as "rejectAfterHours"
       from fraud.settings where tenant_id = kernel.tenant_id() and id = kernel.tenant_id()`,
    );
    return row ?? DEFAULTS;
  }
}
