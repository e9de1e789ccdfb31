import { IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { AnyOf, IsTime, ListQuery } from '../../../kernel/http/pagination';

const ACTOR_KINDS = ['user', 'guest', 'operator', 'system'] as const;

export class ListAuditParams extends ListQuery {
  /**
   * Name of the command.
   * @example RemoveMember
   */
  @IsOptional()
  @MaxLength(100)
  @IsString()
  action?: string;

  /** Who did it. */
  @IsOptional()
  @IsUUID()
  actorId?: string;

  @AnyOf(ACTOR_KINDS)
  actorKind?: string[];

  /**
   * `ok`, or the code of the refusal.
   * @example ok
   */
  @IsOptional()
  @MaxLength(100)
  @IsString()
  result?: string;

  /**
   * At or after this time.
   * @example 2026-03-01
   */
  @IsOptional()
  @IsTime()
  from?: string;

  /** Before this time. */
  @IsOptional()
  @IsTime()
  to?: string;
}

export class AuditActorView {
  /** @example user */
  kind: string;
  /** The user, or null for guests and Mainstay itself. */
  id: string | null;
}

export class AuditEntryView {
  id: string;
  at: Date;
  /** @example RemoveMember */
  action: string;
  actor: AuditActorView;
  sessionId: string | null;
  /** @example 203.0.113.7 */
  ip: string | null;
  /**
   * The ids that the action named.
   * @example {"memberId": "0190f3c8-0000-7000-8000-000000000001"}
   */
  target: Record<string, string>;
  /** @example ok */
  result: string;
  /** The request that it belongs to; also in the log lines and the answer. */
  requestId: string;
}
