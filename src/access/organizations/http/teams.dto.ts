import { IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { MemberRole } from '../contracts/roles';

/** A name that shows something: no control characters, not blank. */
export const VISIBLE = /^(?=.*[\p{L}\p{N}])[^\p{C}]*$/u;

export class CreateTeamBody {
  /** @example Night shift */
  @Matches(VISIBLE, { message: 'name must show at least one letter or digit, and no control characters' })
  @Length(1, 80)
  @IsString()
  name: string;

  /** @example Packs from ten to six */
  @IsOptional()
  @MaxLength(500)
  @IsString()
  description?: string | null;
}

export class ChangeTeamBody {
  /** @example Early shift */
  @MayBeAbsent()
  @Matches(VISIBLE, { message: 'name must show at least one letter or digit, and no control characters' })
  @Length(1, 80)
  @IsString()
  name?: string;

  /** @example Packs from six to two */
  @IsOptional()
  @MaxLength(500)
  @IsString()
  description?: string | null;
}

export class TeamView {
  id: string;
  /** @example Night shift */
  name: string;
  /** @example Packs from ten to six */
  description: string | null;
  /** @example 4 */
  members: number;
  createdAt: Date;
}

export class TeamMemberView {
  /** Id of the membership. */
  memberId: string;
  userId: string;
  /** @example staff */
  role: MemberRole;
  /** @example active */
  status: 'active' | 'suspended';
  /** @example Ada Lovelace */
  name: string | null;
  /** @example ada@example.org */
  email: string | null;
  joinedAt: Date;
}
