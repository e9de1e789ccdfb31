import { ofFacets } from './product-filters';

describe('products of some values of an attribute', () => {
  it('are asked for by few statements, however many values are chosen', () => {
    const texts = new Set<string>();
    for (let values = 1; values <= 20; values += 1) {
      const params: (string | null)[] = [];
      const facets = Array.from({ length: values }, (_, n) => `leaf:${n}`);
      texts.add(ofFacets(facets, (facet) => `$${params.push(facet)}`));
      expect(params.filter((it) => it !== null)).toEqual(facets);
    }
    expect(texts.size).toBe(6);
  });
});
