import { newId } from '../../../kernel/ids/ids';
import type { FileFacts } from '../../files/contracts/files';
import { fittingSizes, isPicture, MOST_PICTURE_BYTES } from './picture-sizes';

const KB = 1_024;
const picture = (mediaType: string, sizeBytes: number, medium: number, small: number): FileFacts => ({
  id: newId(),
  name: 'hat',
  mediaType,
  sizeBytes,
  state: 'clean',
  width: 4_000,
  height: 3_000,
  renditions: (['small', 'medium', 'large'] as const).flatMap((name) =>
    (['image/webp', 'image/jpeg'] as const).map((type) => ({
      name,
      mediaType: type,
      width: 1,
      height: 1,
      sizeBytes: name === 'small' ? small : medium,
    })),
  ),
});
const chosen = (...files: FileFacts[]) => {
  const sizes = fittingSizes(files);
  return files.map(({ id }) => (sizes.has(id) ? (sizes.get(id)!.rendition ?? 'whole') : null));
};

describe('sizes of pictures in a mail', () => {
  it.each([
    ['a small drawing as it is', picture('image/png', 200 * KB, 90 * KB, 20 * KB), 'whole'],
    ['a photograph smaller', picture('image/jpeg', 9_000 * KB, 150 * KB, 20 * KB), 'medium'],
    ['what mail programs do not show as JPEG', picture('image/webp', 10 * KB, 30 * KB, 9 * KB), 'medium'],
    [
      'what is too large in its middle size as its smallest',
      picture('image/png', 9_000 * KB, 1_100 * KB, 20 * KB),
      'small',
    ],
    ['what is too large in all not at all', picture('image/png', 9_000 * KB, 1_100 * KB, 1_050 * KB), null],
  ])('%s', (_what, file, size) => {
    expect(chosen(file)).toEqual([size]);
  });

  it('takes the largest smaller first, until all have room', () => {
    const photo = (kb: number) => picture('image/jpeg', 9_000 * KB, kb * KB, 50 * KB);
    const files = [photo(400), photo(500), photo(200), picture('image/png', 100 * KB, 200 * KB, 80 * KB)];
    expect(chosen(...files)).toEqual(['medium', 'small', 'medium', 'whole']);
    const many = Array.from({ length: 30 }, () => photo(300));
    const sizes = fittingSizes(many);
    const bytes = [...sizes.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect([sizes.size, bytes <= MOST_PICTURE_BYTES]).toEqual([20, true]);
  });

  it('knows no picture in what has no pixels, nor in what was not looked into', () => {
    const file = picture('image/svg+xml', KB, KB, KB);
    expect(isPicture(file)).toBe(true);
    expect(isPicture({ ...file, width: null, renditions: [] })).toBe(false);
    expect(isPicture({ ...file, state: 'pending' })).toBe(false);
  });
});
