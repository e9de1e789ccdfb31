import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsString, Length, Matches, MaxLength } from 'class-validator';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { ListQuery } from '../../../kernel/http/pagination';
import { ROLE_KEY } from '../domain/role';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const KEY = { message: '$property must be the key of a role, such as night-shift' };

export class ListRolesParams extends ListQuery {
  /** Only roles of the product (true), or only the organization's own (false). */
  @ApiPropertyOptional({
    type: Boolean,
    description: 'Roles of the product (true), or the organization’s own (false).',
  })
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  system?: boolean;
}

export class CreateRoleBody {
  /** @example Night shift */
  @Length(1, 80)
  @IsString()
  name: string;

  /**
   * What the role is called in requests; made from the name when absent. It never changes.
   * @example night-shift
   */
  @MayBeAbsent()
  @Matches(ROLE_KEY, KEY)
  key?: string;

  /** @example Ships what came in during the day. */
  @MayBeAbsent()
  @MaxLength(500)
  @IsString()
  description?: string;

  /**
   * Permissions (`GET /authz/permissions` lists them), `resource:*` for all of a resource.
   * @example ["orders:read", "inventory:read"]
   */
  @MaxLength(80, { each: true })
  @IsString({ each: true })
  @ArrayMaxSize(200)
  @IsArray()
  permissions: string[];

  /**
   * Keys of roles whose permissions it has too.
   * @example ["user"]
   */
  @MayBeAbsent()
  @Matches(ROLE_KEY, { each: true, ...KEY })
  @ArrayMaxSize(20)
  @IsArray()
  inherits?: string[];
}

export class ChangeRoleBody {
  /** @example Late shift */
  @MayBeAbsent()
  @Length(1, 80)
  @IsString()
  name?: string;

  /** @example Ships what came in until midnight. */
  @MayBeAbsent()
  @MaxLength(500)
  @IsString()
  description?: string;

  /**
   * All of them, anew.
   * @example ["orders:read"]
   */
  @MayBeAbsent()
  @MaxLength(80, { each: true })
  @IsString({ each: true })
  @ArrayMaxSize(200)
  @IsArray()
  permissions?: string[];

  /**
   * All of them, anew.
   * @example ["user"]
   */
  @MayBeAbsent()
  @Matches(ROLE_KEY, { each: true, ...KEY })
  @ArrayMaxSize(20)
  @ArrayMinSize(0)
  @IsArray()
  inherits?: string[];
}

export class RoleView {
  id: string;
  /** @example night-shift */
  key: string;
  /** @example Night shift */
  name: string;
  /** @example Ships what came in during the day. */
  description: string;
  /** Made by the product: the same in every organization, and not to be changed. */
  system: boolean;
  /** @example ["orders:read"] */
  permissions: string[];
  /** @example ["user"] */
  inherits: string[];
  /** Null for roles of the product. */
  createdAt: Date | null;
}

export class AllowedPermissionView {
  /** @example orders:read */
  permission: string;
  /**
   * The roles through which it comes, from this one on.
   * @example ["night-shift", "staff"]
   */
  path: string[];
}

export class RoleDetailsView extends RoleView {
  /** Everything that the role allows, with what it inherits. */
  allows: AllowedPermissionView[];
}
