import { ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsOptional, IsUUID } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime } from '../../../kernel/http/pagination';
import { CORPORATE_ROLES, type CorporateRole } from '../domain/corporate-approval.policy';

const IsRoles = (): PropertyDecorator => (target, key) => {
  for (const decorate of [IsIn(CORPORATE_ROLES, { each: true }), ArrayUnique(), ArrayMinSize(1), IsArray()])
    decorate(target, key);
};

export class AddPersonBody {
  /** Id of a member's user. */
  @IsUUID()
  userId: string;

  /** @example ["buyer"] */
  @IsRoles()
  roles: CorporateRole[];

  @IsOptional()
  @IsUUID()
  departmentId?: string | null;
}

export class ChangePersonBody {
  /** @example ["buyer", "approver"] */
  @MayBeAbsent()
  @IsRoles()
  roles?: CorporateRole[];

  @IsOptional()
  @IsUUID()
  departmentId?: string | null;

  /** @example true */
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class DelegationView {
  /** Id of the person who decides meanwhile. */
  to: string;
  from: Date;
  until: Date;
}

export class CorporatePersonView {
  id: string;
  userId: string;
  /** @example Grace Hopper */
  name: string | null;
  /** @example grace@example.org */
  email: string | null;
  /** @example ["buyer"] */
  roles: CorporateRole[];
  departmentId: string | null;
  active: boolean;
  delegation: DelegationView | null;
}

export class OwnPlaceView extends CorporatePersonView {
  accountId: string;
}

export class DelegateBody {
  /** Id of a person of the same account. */
  @IsUUID()
  to: string;

  /** @example 2026-03-01T00:00:00Z */
  @IsTime()
  from: string;

  /** @example 2026-03-08T00:00:00Z */
  @IsTime()
  until: string;
}
