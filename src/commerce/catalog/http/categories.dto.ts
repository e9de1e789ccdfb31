import { IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { CategoryView } from '../queries/list-categories';

const NAME = /\S/;

export class CreateCategoryBody {
  /** @example "Tea" */
  @IsString()
  @Length(1, 120)
  @Matches(NAME, { message: 'name must not be blank' })
  name: string;

  /** Null or absent: a top category. */
  @IsOptional()
  @IsUUID()
  parentId?: string | null;
}

export class ChangeCategoryBody {
  /** @example "Teas" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(NAME, { message: 'name must not be blank' })
  name?: string;

  /** Null moves it to the top. */
  @IsOptional()
  @IsUUID()
  parentId?: string | null;
}

export class CategoryDetailsView implements CategoryView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Tea" */
  name: string;
  /** @example null */
  parentId: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  updatedAt: string;
}

export class CategoryListView {
  data: CategoryDetailsView[];
}
