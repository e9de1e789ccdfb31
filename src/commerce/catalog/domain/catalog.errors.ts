import { AppError, conflict, invalid, notFound, type FieldError } from '../../../kernel/errors/app-error';

export const productNotFound = (): AppError => notFound('catalog.product-not-found', 'No such product.');
export const categoryNotFound = (): AppError => notFound('catalog.category-not-found', 'No such category.');

export const unknownCategory = (pointer = '/categoryId'): AppError =>
  invalid('catalog.unknown-category', 'The category does not exist.', {
    errors: [{ pointer, code: 'unknown', detail: 'No such category.' }],
  });

export const skuTaken = (skus: string[]): AppError =>
  conflict('catalog.sku-taken', `Another product has the SKU ${skus.join(', ')}.`, { skus });

export const skuTwice = (sku: string): AppError =>
  invalid('catalog.sku-twice', `The SKU ${sku} is named twice.`, {
    errors: [{ pointer: '/variants', code: 'duplicate', detail: `SKU ${sku}` }],
  });

export const priceRequired = (sku: string): AppError =>
  invalid('catalog.price-required', `The new variant ${sku} needs a price.`, {
    errors: [{ pointer: '/variants', code: 'required', detail: `price of ${sku}` }],
  });

export const handleTaken = (handle: string): AppError =>
  conflict('catalog.handle-taken', `Another product has the handle ${handle}.`);

export const categoryTaken = (name: string): AppError =>
  conflict('catalog.category-taken', `There is a category ${name} at this place already.`);

export const slugTaken = (slug: string): AppError =>
  conflict('catalog.slug-taken', `Another category has the slug ${slug}.`);

export const categoryInUse = (): AppError =>
  conflict('catalog.category-in-use', 'The category still has products or categories beneath it.', {
    hint: 'Move them first.',
  });

export const categoryCycle = (): AppError =>
  conflict('catalog.category-cycle', 'A category cannot lie beneath itself.');

export const staleProduct = (version: number): AppError =>
  new AppError('catalog.stale-product', 'precondition-failed', 'The product was changed by somebody else meanwhile.', {
    hint: 'Read it again and repeat the change with its new ETag.',
    version,
  });

export const priceListNotFound = (): AppError => notFound('catalog.price-list-not-found', 'No such price list.');

export const priceListTaken = (name: string): AppError =>
  conflict('catalog.price-list-taken', `There is a price list ${name} already.`);

export const priceListValidity = (): AppError =>
  invalid('catalog.price-list-validity-invalid', 'A price list must begin before it ends.', {
    errors: [{ pointer: '/validUntil', code: 'range', detail: 'must lie after validFrom' }],
  });

export const stalePriceList = (version: number): AppError =>
  new AppError(
    'catalog.stale-price-list',
    'precondition-failed',
    'The price list was changed by somebody else meanwhile.',
    { hint: 'Read it again and repeat the change with its new ETag.', version },
  );

export const unknownCustomerGroup = (): AppError =>
  invalid('catalog.unknown-customer-group', 'The customer group does not exist.', {
    errors: [{ pointer: '/customerGroupId', code: 'unknown', detail: 'No such customer group.' }],
  });

/** @param places where the unknown SKUs stand, as JSON pointers */
export const unknownSkus = (places: { pointer: string; sku: string }[]): AppError =>
  invalid('catalog.unknown-sku', `No variant has the SKU ${places.map(({ sku }) => sku).join(', ')}.`, {
    errors: places.map(({ pointer, sku }) => ({ pointer, code: 'unknown', detail: `No variant has the SKU ${sku}.` })),
  });

export const priceStepTwice = (sku: string, minQuantity: number): AppError =>
  invalid('catalog.price-step-invalid', `${sku} from ${minQuantity} pieces on is named twice.`, {
    errors: [{ pointer: '/prices', code: 'duplicate', detail: `${sku} from ${minQuantity} pieces on` }],
  });

export const bundleCycle = (sku: string): AppError =>
  conflict('catalog.bundle-cycle', `The bundle ${sku} would contain itself.`);

export const bundleTooLarge = (sku: string): AppError =>
  conflict('catalog.bundle-too-large', `The bundle ${sku} is nested too deep or holds too many pieces.`, {
    hint: 'At most 5 levels, 100 different parts and 1,000,000 pieces.',
  });

export const componentTwice = (sku: string): AppError =>
  invalid('catalog.component-invalid', `The component ${sku} is named twice.`, {
    errors: [{ pointer: '/variants', code: 'duplicate', detail: `component ${sku}` }],
  });

export const optionsInvalid = (pointer: string, detail: string): AppError =>
  invalid('catalog.options-invalid', detail, { errors: [{ pointer, code: 'options', detail }] });

export const attributesInvalid = (errors: FieldError[]): AppError =>
  invalid('catalog.attributes-invalid', `The attribute ${errors[0].pointer.slice(12)} ${errors[0].detail}`, { errors });

export const attributeNotFound = (): AppError => notFound('catalog.attribute-not-found', 'No such attribute.');

export const attributeTaken = (code: string): AppError =>
  conflict('catalog.attribute-taken', `There is an attribute ${code} already.`);

export const choicesInvalid = (detail: string): AppError =>
  invalid('catalog.choices-invalid', detail, { errors: [{ pointer: '/choices', code: 'choices', detail }] });

export const publicationInvalid = (): AppError =>
  invalid('catalog.publication-invalid', 'A product must appear before it disappears.', {
    errors: [{ pointer: '/unpublishAt', code: 'range', detail: 'must lie after publishAt' }],
  });

export const imagesInvalid = (pointer: string, detail: string): AppError =>
  invalid('catalog.images-invalid', detail, { errors: [{ pointer, code: 'image', detail }] });

export const tooManyVariants = (count: number): AppError =>
  conflict('catalog.too-many-variants', `The options make ${count} variants; a product has 200 at most.`);

export const unknownProducts = (ids: string[]): AppError =>
  invalid('catalog.unknown-product', 'A related product does not exist, or is the product itself.', {
    errors: ids.map((id) => ({ pointer: '/productIds', code: 'unknown', detail: `No such other product: ${id}.` })),
  });

/** The report travels with the refusal; at most 1,000 faults of it. */
/** Of a form that is uploaded. */
export const noFile = (detail: string): AppError => invalid('catalog.no-file', detail);

export const importRefused = (report: {
  faults: { file?: string; line: number; column: string; code: string; reason: string }[];
  rows: number;
  refused: number;
}): AppError =>
  new AppError('catalog.import-refused', 'unprocessable', `${report.faults.length} faults: nothing was imported.`, {
    hint: 'Mend the rows, or send acceptPartial=true to import the others.',
    rows: report.rows,
    refused: report.refused,
    faults: report.faults.slice(0, 1_000),
  });

export const importNotFound = (): AppError => notFound('catalog.import-not-found', 'No such import.');

export const importEnded = (state: string): AppError =>
  conflict('catalog.import-ended', `The import has ended already: it is ${state}.`, { state });

export const tooManyImports = (most: number): AppError =>
  conflict('catalog.too-many-imports', `${most} imports are open already.`, {
    hint: 'Wait for one of them to end, or cancel one.',
    retryable: true,
  });

export const importProfileNotFound = (): AppError =>
  notFound('catalog.import-profile-not-found', 'No such mapping profile.');

export const importProfileTaken = (name: string): AppError =>
  conflict('catalog.import-profile-taken', `There is a mapping profile ${name} already.`);

export const staleImportProfile = (version: number): AppError =>
  new AppError(
    'catalog.stale-import-profile',
    'precondition-failed',
    'The mapping profile was changed by somebody else meanwhile.',
    { hint: 'Read it again and repeat the change with its new ETag.', version },
  );
