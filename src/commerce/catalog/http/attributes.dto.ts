import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { AttributeView } from '../queries/attributes';

/** What a new and a changed attribute have in common. */
export abstract class AttributeFields {
  /** @example null */
  @IsOptional()
  @IsString()
  @MaxLength(20)
  unit?: string | null;

  /** Whether searches count and narrow by it; true when absent. */
  @MayBeAbsent()
  @IsBoolean()
  filterable?: boolean;

  /**
   * Of an attribute of type `choice`; later ones may be added, none taken away.
   * @example ["black", "green"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @IsString({ each: true })
  @Length(1, 120, { each: true })
  choices?: string[];
}

export class CreateAttributeBody extends AttributeFields {
  /**
   * Names it in products and searches; stays for its life.
   * @example "leaf"
   */
  @Matches(/^[a-z][a-z0-9_]{0,39}$/, { message: 'code is lower-case letters, digits and underscores' })
  code: string;

  /** @example "Leaf" */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  /** @example "choice" */
  @IsIn(['text', 'number', 'boolean', 'date', 'choice'])
  type: 'text' | 'number' | 'boolean' | 'date' | 'choice';
}

export class ChangeAttributeBody extends AttributeFields {
  /** @example "Leaf" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;
}

export class AttributeDetailsView implements AttributeView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "leaf" */
  code: string;
  /** @example "Leaf" */
  name: string;
  /** @example "choice" */
  type: 'text' | 'number' | 'boolean' | 'date' | 'choice';
  /** @example ["black", "green"] */
  choices: string[] | null;
  /** @example null */
  unit: string | null;
  filterable: boolean;
  createdAt: Date;
  updatedAt: Date;
}
