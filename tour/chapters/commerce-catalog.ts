import { xlsxFile } from '../../src/kernel/tabular/xlsx-writer';
import {
  countProductFacets,
  createCustomer,
  createImportProfile,
  createMainstay,
  getCustomer,
  getCustomerTimeline,
  getProductImport,
  getProfile,
  listCustomerDuplicates,
  listProducts,
  mergeCustomers,
  startProductImport,
  unwrap,
  type ProductImportRunView,
} from '../../sdk/src';
import { as, mark, signIn, signUp } from '../actors';
import { Ears } from '../ears';
import { same, until, type Guide } from '../guide';

type Cells = (string | number)[];

/** A supplier's list as its spreadsheet has it: columns of its own, prices as numbers. */
async function workbook(rows: Cells[]): Promise<Blob> {
  async function* batches() {
    yield rows;
  }
  const pieces: Buffer[] = [];
  for await (const piece of xlsxFile(['Art', 'Title', 'Kind', 'Price', 'Stock'], batches(), 'List')) pieces.push(piece);
  return new Blob(pieces as never);
}

const LIST: Cells[] = [
  ['1', 'Darjeeling first flush', 'Tea', 12.5, 20],
  ['2', 'Assam', 'Tea', 8.9, 0],
  ['3', '=HYPERLINK("http://example.com")', 'Tea', 4.2, 5],
  ['4', 'Tea pot', 'Pots', 39, 3],
];

/** A supplier's workbook, imported by a saved profile, then found by words and facets; two customers that were one. */
export async function commerceCatalog(guide: Guide, url: string): Promise<void> {
  guide.chapter('Commerce: a catalogue from a workbook');
  const email = `tilda-${mark}@example.com`;
  const { owner, ears } = await guide.step('a tea trader opens her shop', async () => {
    await signUp(url, { email, name: 'Tilda Trader', organizationName: `Teas ${mark}` });
    const tokens = await signIn(url, email);
    return { owner: as(url, tokens), ears: await Ears.open(url, tokens.accessToken) };
  });
  const slug = unwrap(await getProfile({ client: owner })).organization!.slug;
  const guest = createMainstay({ baseUrl: url, tenant: slug });

  await guide.step('she says once how the lists of her supplier are read', async () => {
    const columns = {
      sku: { template: `T-${mark}-{Art}` },
      name: 'Title',
      category: 'Kind',
      price: 'Price',
      onHand: 'Stock',
    };
    const mapping = { currency: 'EUR', sheets: [{ entity: 'products', file: 'list.xlsx', columns }] };
    unwrap(await createImportProfile({ client: owner, body: { name: 'supplier', mapping } }));
  });
  const importing = async (rows: Cells[], dryRun = false): Promise<ProductImportRunView> => {
    const file = await workbook(rows);
    const query = { profile: 'supplier', dryRun };
    const { id } = unwrap(await startProductImport({ client: owner, query, body: { file: file as File } }));
    return until('the end of the import', async () => {
      const found = unwrap(await getProductImport({ client: owner, path: { id } }));
      return found.endedAt ? found : undefined;
    });
  };
  await guide.step('a dry run names the cell that is wrong, and writes nothing', async () => {
    const { faults, created } = await importing([...LIST, ['5', 'Broken', 'Tea', 'cheap', 1]], true);
    same(
      'faults',
      faults.map(({ line, column }) => [line, column]),
      [[6, 'Price']],
    );
    same('products', unwrap(await listProducts({ client: owner })).data.length, 0);
    return `line 6, Price: ${faults[0].reason} ${created} could be imported.`;
  });
  await guide.step(
    'the workbook is imported on its own and her socket tells when it is done; again nothing changes',
    async () => {
      const first = await importing(LIST);
      same('created', [first.state, first.created], ['done', 4]);
      await ears.hear('products.import', ({ importId, state }) => importId === first.id && state === 'done');
      ears.close();
      const again = await importing(LIST);
      same('unchanged', [again.state, again.unchanged, again.stockChanged], ['done', 4, 0]);
      return `${first.created} created, then ${again.unchanged} unchanged`;
    },
  );
  await guide.step('a shopper searches, and narrows by what can be had and what it costs', async () => {
    const query = { q: 'tea', availability: ['in_stock'] as never };
    const facets = await until('what is in stock', async () => {
      const found = unwrap(await countProductFacets({ client: guest, query: {} }));
      return found.availability.some(({ value, count }) => value === 'in_stock' && count === 3) && found;
    });
    same('out of stock', facets.availability.find(({ value }) => value === 'out_of_stock')?.count, 1);
    const { data } = unwrap(await listProducts({ client: guest, query }));
    same(
      'found',
      data.map(({ name }) => name),
      ['Tea pot'],
    );
    const [{ ranges }] = facets.prices;
    return `${facets.categories.map(({ name, count }) => `${name} ${count}`).join(', ')}; ${ranges
      .map(({ from, to, count }) => `${from / 100}-${to / 100} EUR ${count}`)
      .join(', ')}`;
  });
  await guide.step('two customers are one: they are found by their telephone and merged for good', async () => {
    const make = async (name: string, phone: string) =>
      unwrap(
        await createCustomer({
          client: owner,
          body: { name, phone, email: `${name.toLowerCase()}-${mark}@example.com` },
        }),
      ).id;
    const [stays, goes] = [await make('Ann', '+49 30 1234567'), await make('Anna', '030 1234567')];
    const { data } = unwrap(await listCustomerDuplicates({ client: owner }));
    same(
      'duplicates',
      data.map(({ reason, count }) => [reason, count]),
      [['phone', 2]],
    );
    unwrap(await mergeCustomers({ client: owner, path: { id: stays }, body: { mergedId: goes } }));
    same('redirect', unwrap(await getCustomer({ client: owner, path: { id: goes } })).id, stays);
    const timeline = unwrap(await getCustomerTimeline({ client: owner, path: { id: stays } }));
    return `history: ${timeline.data.map(({ kind }) => kind).join(', ')}`;
  });
}
