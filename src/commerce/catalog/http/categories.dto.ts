import { IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { CategoryPlaceView, CategoryView } from '../queries/list-categories';

const NAME = /\S/;
const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

export class CategorySlugParams {
  /**
   * Name of the category in addresses, a present or a former one.
   * @example "tea"
   */
  @IsString()
  @Length(1, 120)
  slug: string;
}

/** What a new and a changed category have in common. */
export abstract class CategoryFields {
  /** Null: a top category. */
  @IsOptional()
  @IsUUID()
  parentId?: string | null;

  /**
   * Its name in addresses; the name suggests one for a new category. A rename leaves it as it is.
   * @example "tea"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(SLUG, { message: 'slug must be lower-case letters and digits, with single hyphens between them' })
  slug?: string;
}

export class CreateCategoryBody extends CategoryFields {
  /** @example "Tea" */
  @IsString()
  @Length(1, 120)
  @Matches(NAME, { message: 'name must not be blank' })
  name: string;
}

export class ChangeCategoryBody extends CategoryFields {
  /** @example "Teas" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(NAME, { message: 'name must not be blank' })
  name?: string;
}

export class CategoryDetailsView implements CategoryView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Tea" */
  name: string;
  /** @example "tea" */
  slug: string;
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

export class CategoryNameView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Tea" */
  name: string;
  /** @example "tea" */
  slug: string;
}

export class CategoryPlaceDetailsView extends CategoryDetailsView implements CategoryPlaceView {
  /** The way from the top, itself last. */
  breadcrumbs: CategoryNameView[];
  /** What lies directly beneath it, by name. */
  children: CategoryNameView[];
}
