import type { ProductRow } from '../commerce/catalog/contracts/import-products';

/** The demo shop sells coffee: small, but with every shape that the product knows. */
export const DEMO_SHOP = { name: 'Harbour Roasters', slug: 'demo', currency: 'EUR' } as const;

interface Line {
  handle: string;
  name: string;
  category: string;
  description: string;
  variants: [sku: string, name: string, price: number, stock: number, reorderLevel: number][];
}

const LINES: Line[] = [
  {
    handle: 'harbour-espresso',
    name: 'Harbour Espresso',
    category: 'Coffee',
    description: 'The house blend: chocolate, hazelnut, a long finish. Roasted twice a week.',
    variants: [
      ['HES-250', '250 g', 950, 120, 20],
      ['HES-1000', '1 kg', 3200, 45, 10],
    ],
  },
  {
    handle: 'ethiopia-guji',
    name: 'Ethiopia Guji',
    category: 'Coffee',
    description: 'Washed, floral, with apricot and bergamot. For filter.',
    variants: [
      ['GUJ-250', '250 g', 1290, 60, 15],
      ['GUJ-1000', '1 kg', 4450, 18, 5],
    ],
  },
  {
    handle: 'brazil-santos',
    name: 'Brazil Santos',
    category: 'Coffee',
    description: 'Pulped natural, low acidity, cocoa and almond.',
    variants: [
      ['SAN-250', '250 g', 890, 90, 20],
      ['SAN-1000', '1 kg', 2950, 30, 8],
    ],
  },
  {
    handle: 'colombia-huila',
    name: 'Colombia Huila',
    category: 'Coffee',
    description: 'Red apple, caramel and a clean cup from a single farm.',
    variants: [['HUI-250', '250 g', 1190, 42, 12]],
  },
  {
    handle: 'night-watch-decaf',
    name: 'Night Watch Decaf',
    category: 'Coffee',
    description: 'Sugar-cane decaffeinated, for the last cup of the day.',
    variants: [['NWD-250', '250 g', 1090, 25, 10]],
  },
  {
    handle: 'earl-grey',
    name: 'Earl Grey',
    category: 'Tea',
    description: 'Black tea with oil of bergamot, nothing else.',
    variants: [['EAG-100', '100 g tin', 790, 38, 10]],
  },
  {
    handle: 'sencha',
    name: 'Sencha',
    category: 'Tea',
    description: 'First flush from Kagoshima.',
    variants: [['SEN-100', '100 g tin', 1350, 16, 6]],
  },
  {
    handle: 'hand-grinder',
    name: 'Hand Grinder',
    category: 'Equipment',
    description: 'Steel burrs, 25 g, folds into a rucksack.',
    variants: [['GRI-H', 'One size', 8900, 12, 4]],
  },
  {
    handle: 'pour-over-dripper',
    name: 'Pour-over Dripper',
    category: 'Equipment',
    description: 'Ceramic cone for one to four cups.',
    variants: [
      ['DRI-01', 'White', 2400, 20, 5],
      ['DRI-02', 'Black', 2400, 14, 5],
    ],
  },
  {
    handle: 'filter-papers',
    name: 'Filter Papers',
    category: 'Equipment',
    description: 'A hundred papers, oxygen bleached.',
    variants: [['FIL-100', '100 pieces', 650, 200, 40]],
  },
  {
    handle: 'harbour-mug',
    name: 'Harbour Mug',
    category: 'Gifts',
    description: 'Stoneware, 300 ml, glazed by hand.',
    variants: [
      ['MUG-SEA', 'Sea', 1600, 33, 8],
      ['MUG-SAND', 'Sand', 1600, 27, 8],
      ['MUG-SLATE', 'Slate', 1600, 6, 8],
    ],
  },
  {
    handle: 'tasting-box',
    name: 'Tasting Box',
    category: 'Gifts',
    description: 'Four coffees, 100 g each, with a card to write your notes on.',
    variants: [['BOX-4', 'Four coffees', 2900, 15, 5]],
  },
];

/** Rows as an import takes them; the first variant of a line is its default. */
export const DEMO_PRODUCTS: ProductRow[] = LINES.flatMap((line, index) =>
  line.variants.map(([sku, variantName, price]) => ({
    line: index + 1,
    handle: line.handle,
    name: line.name,
    description: line.description,
    category: line.category,
    sku,
    variantName,
    price,
    currency: DEMO_SHOP.currency,
    active: true,
    variantActive: true,
  })),
);

/** Stock of the one location. */
export const DEMO_STOCK = LINES.flatMap((line) =>
  line.variants.map(([sku, , , onHand, reorderLevel]) => ({ sku, onHand, reorderLevel })),
);

/** People who bought before: name, city, country. */
export const DEMO_CUSTOMERS: [name: string, email: string, city: string, country: string][] = [
  ['Mara Lindqvist', 'mara@example.com', 'Malmö', 'SE'],
  ['Tomás Ferreira', 'tomas@example.com', 'Porto', 'PT'],
  ['Aoife Brennan', 'aoife@example.com', 'Galway', 'IE'],
  ['Jonas Weber', 'jonas@example.com', 'Hamburg', 'DE'],
  ['Chiara Conti', 'chiara@example.com', 'Trieste', 'IT'],
  ['Elif Yıldız', 'elif@example.com', 'İzmir', 'TR'],
  ['Noor Haddad', 'noor@example.com', 'Rotterdam', 'NL'],
  ['Piotr Zieliński', 'piotr@example.com', 'Gdańsk', 'PL'],
];
