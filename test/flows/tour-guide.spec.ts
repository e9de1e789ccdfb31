import { Guide } from '../../tour/guide';

describe('the guide of the tour', () => {
  let said = '';
  beforeEach(() => {
    said = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());
  const fails = (error: unknown) => () => Promise.reject(error as Error);

  it('counts what fails in a step once, with its reason, and goes on with the next part', async () => {
    const guide = new Guide();
    await guide.part(async () => {
      await guide.step('opens a shop', () => Promise.resolve('demo'));
      await guide.step('sells', fails(new Error('sold out')));
    });
    await guide.part(() => guide.step('closes', () => Promise.resolve()));
    expect(guide.end()).toBe(false);
    expect(said).toMatch(/✓ opens a shop .*demo\n.*✗ sells .*\n {4}sold out\n.*✓ closes/);
    expect(said).toMatch(/\n2 passed, 1 failed\n$/);
  });

  it.each([
    ['an error', new Error('no socket'), 'no socket'],
    ['an error without a message', new TypeError(), 'TypeError'],
    ['something else', 'gone', 'gone'],
  ])('counts %s outside of steps as a failure too', async (_name, error, reason) => {
    const guide = new Guide();
    await guide.part(async () => {
      await guide.step('opens a shop', () => Promise.resolve());
      await fails(error)();
    });
    expect(guide.end()).toBe(false);
    expect(said).toContain(`✗ between two steps\n    ${reason}\n`);
    expect(said).toMatch(/\n1 passed, 1 failed\n$/);
  });

  it('is content where everything passed', async () => {
    const guide = new Guide();
    await guide.part(() => guide.step('opens a shop', () => Promise.resolve()));
    expect(guide.end()).toBe(true);
  });
});
