import { Type } from 'class-transformer';
import {
  IsDefined,
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime } from '../../../kernel/http/pagination';
import { PriceBody } from './money.dto';

const NAME = /\S/;
const SKU = /^\S(?:.*\S)?$/;
const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

export class ComponentBody {
  /**
   * SKU of the part; a bundle may be part of another one, never of itself.
   * @example "TEA-50"
   */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * Pieces of it in one piece of the bundle.
   * @example 2
   */
  @IsInt()
  @Min(1)
  @Max(10_000)
  quantity: number;
}

export class OptionBody {
  /** @example "Size" */
  @IsString()
  @Length(1, 60)
  @Matches(NAME, { message: 'name must not be blank' })
  name: string;

  /** @example ["100 g"] */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 60, { each: true })
  values: string[];
}

export class ImageBody {
  /**
   * Where it is shown from; Mainstay does not fetch it.
   * @example "https://images.example.com/darjeeling.jpg"
   */
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false, disallow_auth: true })
  @MaxLength(2_000)
  url?: string | null;

  /**
   * A picture among the files of the shop, instead of an address; it is kept as long as an image names it.
   * @example null
   */
  @IsOptional()
  @IsUUID()
  fileId?: string | null;

  /**
   * What it shows, for those who cannot see it.
   * @example "A tin of Darjeeling"
   */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  alt?: string | null;

  /**
   * Variant that it shows; null: all of them.
   * @example null
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  sku?: string | null;
}

/** What a new and a changed variant have in common. */
export abstract class VariantFields {
  /**
   * What orders and stock call it; unique in the shop. A change of a product finds its variants by it, and adds those
   * that it does not have.
   * @example "TEA-100"
   */
  @IsString()
  @Length(1, 64)
  @Matches(SKU, { message: 'sku must not begin or end with a space' })
  sku: string;

  /**
   * Tells variants of one product apart.
   * @example "100 g"
   */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  name?: string | null;

  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;

  /**
   * Names the tax rates that apply to this variant; null: the product's.
   * @example "reduced"
   */
  @IsOptional()
  @Matches(SLUG, { message: 'taxCategory is lower-case letters, digits and single hyphens' })
  @MaxLength(40)
  taxCategory?: string | null;

  /**
   * Weight of one piece in grams.
   * @example 120
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100_000_000)
  weightGrams?: number | null;

  /**
   * Whether it may be sold beyond its stock: `no`, with later delivery (`backorder`), or before it appears (`preorder`).
   * @example "no"
   */
  @MayBeAbsent()
  @IsIn(['no', 'backorder', 'preorder'])
  backorder?: 'no' | 'backorder' | 'preorder';

  /** Makes the variant a bundle of these; its stock is theirs. Null makes it an article of its own again. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => ComponentBody)
  components?: ComponentBody[] | null;

  /**
   * One value of each option of the product, in their order.
   * @example ["100 g"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5)
  @IsString({ each: true })
  @MaxLength(60, { each: true })
  optionValues?: string[] | null;
}

export class CreateVariantBody extends VariantFields {
  @IsDefined()
  @ValidateNested()
  @Type(() => PriceBody)
  price: PriceBody;
}

export class ChangeVariantBody extends VariantFields {
  /** A variant that is added needs one. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => PriceBody)
  price?: PriceBody;
}

/** What a new and a changed product have in common. */
export abstract class ProductFields {
  /**
   * Name in addresses; made from the name when absent.
   * @example "darjeeling"
   */
  @MayBeAbsent()
  @Matches(SLUG, { message: 'handle is lower-case letters, digits and single hyphens' })
  @MaxLength(120)
  handle?: string;

  /** @example "First flush, whole leaf" */
  @IsOptional()
  @IsString()
  @MaxLength(10_000)
  description?: string | null;

  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsOptional()
  @IsUUID()
  categoryId?: string | null;

  /**
   * Path of category names instead of an id, made where it is missing.
   * @example "Beverages > Tea"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  category?: string;

  /** False hides it from the public. */
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;

  /**
   * Names the tax rates that apply; `standard` when absent.
   * @example "standard"
   */
  @MayBeAbsent()
  @Matches(SLUG, { message: 'taxCategory is lower-case letters, digits and single hyphens' })
  @MaxLength(40)
  taxCategory?: string;

  /** What variants differ in: each variant on sale has one value of each, no two the same ones. All of them. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(5)
  @ValidateNested({ each: true })
  @Type(() => OptionBody)
  options?: OptionBody[];

  /**
   * Values by the code of their attribute. All of them.
   * @example {}
   */
  @MayBeAbsent()
  @IsObject()
  attributes?: Record<string, string | number | boolean>;

  /** The first one stands for the product. All of them. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => ImageBody)
  images?: ImageBody[];

  /**
   * The public sees it from then on; null: at once.
   * @example "2026-03-01T06:00:00Z"
   */
  @IsOptional()
  @IsTime()
  publishAt?: string | null;

  /**
   * And until then; null: for good.
   * @example null
   */
  @IsOptional()
  @IsTime()
  unpublishAt?: string | null;
}

export class CreateProductBody extends ProductFields {
  /** @example "Darjeeling" */
  @IsString()
  @Length(1, 200)
  @Matches(NAME, { message: 'name must not be blank' })
  name: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => CreateVariantBody)
  variants: CreateVariantBody[];
}

export class ChangeProductBody extends ProductFields {
  /** @example "Darjeeling" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @Matches(NAME, { message: 'name must not be blank' })
  name?: string;

  /** Variants to change or add, by SKU; others stay. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ChangeVariantBody)
  variants?: ChangeVariantBody[];
}

export class CompleteVariantsBody {
  /**
   * SKUs are this with the option values behind it.
   * @example "TEE"
   */
  @IsString()
  @Length(1, 40)
  @Matches(SKU, { message: 'skuPrefix must not begin or end with a space' })
  skuPrefix: string;

  @IsDefined()
  @ValidateNested()
  @Type(() => PriceBody)
  price: PriceBody;
}

export class RelateProductsBody {
  /** In the order in which they are shown; none takes all away. */
  @IsArray()
  @ArrayMaxSize(50)
  @IsUUID(undefined, { each: true })
  productIds: string[];
}
