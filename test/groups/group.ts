import { clock } from '../../src/kernel/clock/clock';

/** The tests of one file as part of a group; what moves the time of the process is put back after it. */
export function group(file: string, load: () => unknown): void {
  describe(file, () => {
    try {
      load();
    } catch (error) {
      // One file that cannot be read fails alone.
      it('can be read', () => {
        throw error;
      });
    }
    afterAll(() => {
      jest.restoreAllMocks();
      clock.setOffset(0);
    });
  });
}
