import { sources } from './scan';

/** A column beneath the wall of tenants that is compared with COALESCE of a parameter: no index is searched by it. */
const BOUND = /[<>]=?\s*coalesce\(\s*\$\d/gi;
/** What no index could answer anyway. */
const NEVER_INDEXED = [
  // The days come with a row that is joined.
  'src/commerce/inventory/queries/replenishment.ts',
];

describe('bounds in SQL', () => {
  it('are parameters that the code has filled in, not COALESCE of one', () => {
    const found = sources('src').filter(({ text }) => text.search(BOUND) !== -1);
    expect(found.map(({ file }) => file)).toEqual(NEVER_INDEXED);
  });

  it('are found where one is planted', () => {
    expect(`at > $3 and at <= coalesce($4::timestamptz, 'infinity')`.search(BOUND)).not.toBe(-1);
    expect(`name = coalesce($3, name) and at <= $4`.search(BOUND)).toBe(-1);
  });
});
