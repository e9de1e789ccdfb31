import { ApiProperty, OmitType } from '@nestjs/swagger';
import { IsEmail, IsIP, IsString, IsUUID, MaxLength } from 'class-validator';
import { IsTime, ListQuery } from '../../../kernel/http/pagination';
import { AuditEntryView } from './audit-logs.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const PAGING = ['limit', 'cursor', 'sort', 'count'] as const;

export class AccessReportParams extends ListQuery {
  /**
   * Access by this permission alone (`resource:*` too).
   * @example orders:write
   */
  @MayBeAbsent()
  @MaxLength(80)
  @IsString()
  permission?: string;

  /** Access of this user alone, without that of teams. */
  @MayBeAbsent()
  @IsUUID()
  userId?: string;

  /**
   * Begin of the period; with `from` alone it lasts until now. Neither: as it is now.
   * @example 2026-01-01T00:00:00Z
   */
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** End of the period; alone: as it was at that instant. */
  @MayBeAbsent()
  @IsTime()
  to?: string;
}

export class AccessReportFileParams extends OmitType(AccessReportParams, PAGING) {}

export class AuditPeriodParams extends ListQuery {
  /**
   * At or after this time.
   * @example 2026-01-01T00:00:00Z
   */
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** Before this time. */
  @MayBeAbsent()
  @IsTime()
  to?: string;

  /**
   * Name of the action.
   * @example LogIn
   */
  @MayBeAbsent()
  @MaxLength(100)
  @IsString()
  action?: string;

  /**
   * Code of the refusal.
   * @example identity.invalid-credentials
   */
  @MayBeAbsent()
  @MaxLength(100)
  @IsString()
  result?: string;
}

export class PrivilegedActionsParams extends AuditPeriodParams {
  /** Who did it, or on whose behalf: a user or an API key. */
  @MayBeAbsent()
  @IsUUID()
  actorId?: string;
}

export class PrivilegedActionsFileParams extends OmitType(PrivilegedActionsParams, PAGING) {}

export class FailedLoginsParams extends AuditPeriodParams {
  /** The account that was tried. */
  @MayBeAbsent()
  @IsUUID()
  userId?: string;

  /**
   * The address that was named, of an account or not.
   * @example somebody@example.com
   */
  @MayBeAbsent()
  @MaxLength(254)
  @IsEmail()
  email?: string;

  /**
   * Address of the client, exactly.
   * @example 203.0.113.7
   */
  @MayBeAbsent()
  @IsIP()
  ip?: string;
}

export class FailedLoginsFileParams extends OmitType(FailedLoginsParams, PAGING) {}

export class AccessSubjectView {
  @ApiProperty({ enum: ['user', 'team', 'apiKey'], example: 'user' })
  type: 'user' | 'team' | 'apiKey';
  id: string;
  /** As it is called now; null for teams, and for what is gone. */
  name: string | null;
  /** @example null */
  email: string | null;
}

export class AccessSpanView {
  from: Date;
  to: Date;
  /** @example ["orders:read", "orders:write"] */
  permissions: string[];
}

export class AccessHeldView {
  /** Of the grant, or of the standing as a member. */
  id: string;
  subject: AccessSubjectView;
  /** The role that a member has in the organization, or a grant. */
  @ApiProperty({ enum: ['membership', 'grant'], example: 'membership' })
  by: 'membership' | 'grant';
  @ApiProperty({ enum: ['allow', 'deny'], example: 'allow' })
  effect: 'allow' | 'deny';
  /** @example staff */
  role: string | null;
  /** @example null */
  permission: string | null;
  /**
   * About this one thing alone.
   * @example null
   */
  resource: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { aal: 2 } })
  condition: object | null;
  since: Date;
  /** Null: it has no end yet. */
  until: Date | null;
  /** What it gave within the period, split where a role was changed. */
  spans: AccessSpanView[];
}

export class ReportRowView extends AuditEntryView {
  /**
   * Address of the user who did it, as it is now; null for others than users.
   * @example null
   */
  actorEmail: string | null;
  /** The account that it was about, where one was known. */
  userId: string | null;
  /**
   * Tried without naming an organization, at an account of somebody who works in this one.
   * @example false
   */
  atInstallation: boolean;
}
