import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { PictureLinksQuery } from '../../../engagement/files/contracts/files';
import { Database } from '../../../kernel/database/database';
import {
  ON_SALE,
  PRODUCT_COLUMNS,
  productView,
  withVariants,
  type ProductRecord,
  type ProductView,
} from './product-view';

const one = ({ columns, joins }: ReturnType<typeof withVariants>, condition: string): string =>
  `select ${PRODUCT_COLUMNS}, ${columns} from catalog.products p ${joins} where p.tenant_id = kernel.tenant_id() and p.id = $1 ${condition}`;
const ONE = one(withVariants(), '');
const ONE_ON_SALE = one(withVariants('v.active'), `and ${ON_SALE}`);

/** Products with links to those of their images that are files. */
@Injectable()
export class ShownProducts {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  /** One product, or null; `onSaleOnly` hides what the public does not see. */
  async find(id: string, onSaleOnly = false): Promise<ProductView | null> {
    const [row] = await this.database.read<ProductRecord>(onSaleOnly ? ONE_ON_SALE : ONE, [id]);
    return row ? (await this.of([productView(row)], onSaleOnly))[0] : null;
  }

  /**
   * Files that are infected, unscannable or gone are left out for everybody, and what is still inspected for the public.
   * One more round trip where there are files, none where there are not.
   */
  async of(products: ProductView[], onSaleOnly: boolean): Promise<ProductView[]> {
    const ids = products.flatMap(({ images }) => images.flatMap(({ fileId }) => fileId ?? []));
    if (ids.length === 0) return products;
    const links = await this.queries.execute(new PictureLinksQuery({ ids }));
    const shown = new Map(links.filter(({ url }) => url !== null || !onSaleOnly).map((it) => [it.fileId, it]));
    return products.map((product) => ({
      ...product,
      images: product.images.flatMap((image) => {
        if (image.fileId === null) return [image];
        const it = shown.get(image.fileId);
        if (!it) return [];
        const sizes = it.sizes.map(({ url, ...size }) => ({ src: url, ...size }));
        return [{ ...image, src: it.url, width: it.width, height: it.height, sizes }];
      }),
    }));
  }
}
