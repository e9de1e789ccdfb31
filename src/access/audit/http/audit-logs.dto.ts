import { IsEmail, IsIn, IsInt, IsIP, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { OmitType } from '@nestjs/swagger';
import { AnyOf, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { CATEGORIES } from '../domain/catalogue';
import { LEAST_RETENTION_MONTHS, MOST_RETENTION_MONTHS } from '../domain/retention.policy';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const ACTOR_KINDS = ['user', 'operator', 'apiKey', 'guest', 'system'] as const;

export class ListAuditParams extends ListQuery {
  /**
   * Name of the action; `GET /audit-logs/actions` lists all.
   * @example RemoveMember
   */
  @MayBeAbsent()
  @MaxLength(100)
  @IsString()
  action?: string;

  @AnyOf(CATEGORIES)
  category?: string[];

  /** Who did it, or on whose behalf: a user or an API key. */
  @MayBeAbsent()
  @IsUUID()
  actorId?: string;

  @AnyOf(ACTOR_KINDS)
  actorKind?: string[];

  /**
   * `ok`, `refused` for all that was not, or the code of the refusal.
   * @example ok
   */
  @MayBeAbsent()
  @MaxLength(100)
  @IsString()
  result?: string;

  /** Id of the thing that it was about. */
  @MayBeAbsent()
  @IsUUID()
  target?: string;

  /**
   * Address of the client, exactly.
   * @example 203.0.113.7
   */
  @MayBeAbsent()
  @IsIP()
  ip?: string;

  /**
   * Address that was named, of a failed sign-in for example.
   * @example somebody@example.com
   */
  @MayBeAbsent()
  @MaxLength(254)
  @IsEmail()
  email?: string;

  /** The request that it belongs to. */
  @MayBeAbsent()
  @MaxLength(128)
  @IsString()
  requestId?: string;

  /**
   * At or after this time.
   * @example 2026-03-01
   */
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** Before this time. */
  @MayBeAbsent()
  @IsTime()
  to?: string;
}

export class AuditActorView {
  /** @example user */
  kind: string;
  /** The user or API key, or null for guests and Mainstay itself. */
  id: string | null;
}

export class AuditChangeView {
  /** @example Member */
  entity: string;
  id: string | null;
  /** @example update */
  op: string;
  /**
   * Changed fields, before and after. Personal and secret values are masked.
   * @example {"role": {"from": "staff", "to": "owner"}}
   */
  fields?: Record<string, object>;
}

export class AuditEntryView {
  id: string;
  /** Position in the sealed chain; null until it is sealed, within about a second. */
  seq: number | null;
  at: Date;
  /** @example RemoveMember */
  action: string;
  /** @example privileged */
  category: string;
  /** @example A member was removed from the organization. */
  says: string;
  actor: AuditActorView;
  /** The user whose rights an API key used. */
  onBehalfOf: string | null;
  sessionId: string | null;
  /**
   * Null where none is known, and once the person's key is destroyed.
   * @example 203.0.113.7
   */
  ip: string | null;
  userAgent: string | null;
  /** The address that was named; stored encrypted. */
  email: string | null;
  /**
   * The ids that the action named.
   * @example {"memberId": "0190f3c8-0000-7000-8000-000000000001"}
   */
  target: Record<string, string>;
  /** @example ok */
  result: string;
  reason: string | null;
  /**
   * Commands that ran within it.
   * @example ["HoldStock", "OpenIntent"]
   */
  steps: string[];
  changes: AuditChangeView[];
  /** The first entry of the same action, where its work took several commits. */
  continues: string | null;
  /**
   * How often it happened within a minute; above 1 for refusals that came in numbers.
   * @example 1
   */
  repeats: number;
  /** The request that it belongs to; also in the log lines and the answer. */
  requestId: string;
  traceId: string | null;
}

export class ExportAuditParams extends OmitType(ListAuditParams, ['limit', 'cursor', 'sort', 'count'] as const) {
  /** @example jsonl */
  @MayBeAbsent()
  @IsIn(['csv', 'jsonl'])
  format?: 'csv' | 'jsonl';
}

export class AuditActionView {
  /** @example RemoveMember */
  action: string;
  /** @example privileged */
  category: string;
  /** @example A member was removed from the organization. */
  says: string;
}

export class AuditActionsView {
  data: AuditActionView[];
}

export class AuditSettingsView {
  /**
   * Months that entries are kept.
   * @example 12
   */
  retentionMonths: number;
}

export class AuditSettingsBody {
  /**
   * Months that entries are kept, 3 to 120.
   * @example 24
   */
  @Max(MOST_RETENTION_MONTHS)
  @Min(LEAST_RETENTION_MONTHS)
  @IsInt()
  retentionMonths: number;
}

export class TrailFaultView {
  /**
   * `changed`, `missing`, `moved`, `unsealed`, `dropped`, `rewritten` or `signature`.
   * @example changed
   */
  kind: string;
  /** Position in the chain. */
  seq: number | null;
  entryId: string | null;
  /** @example entry 17 is not what was sealed: something in it was changed */
  detail: string;
}

export class TrailHeadView {
  seq: number;
  /** Hash of the newest sealed entry, hexadecimal. */
  hash: string;
}

export class TrailReportView {
  /** @example true */
  ok: boolean;
  /** Entries whose hash was computed again. */
  entries: number;
  batches: number;
  /** Entries up to this position were removed by retention; 0 for none. */
  removedUpTo: number;
  /** Entries that wait for their seal. */
  waiting: number;
  head: TrailHeadView | null;
  /** The first thing that is wrong. */
  fault: TrailFaultView | null;
}
