import { MjmlCompiler } from './mjml-compiler';

const letter = (text: string): string => `<mj-text>${text}</mj-text>`;

describe('the compiler of letters', () => {
  const compiler = new MjmlCompiler();
  afterAll(() => compiler.onApplicationShutdown());

  it('answers each of several in its turn, whatever was wrong with the one before, and goes on after its thread was ended', async () => {
    const [first, broken, second] = await Promise.all(
      [letter('One'), '<mj-nonsense />', letter('Two')].map((body) => compiler.compile(body)),
    );
    expect(first).toEqual({ compiled: expect.stringContaining('One') as unknown });
    expect(broken).toMatchObject({ faults: [{ pointer: '/body', code: 'mjml', line: 1 }] });
    expect(second).toEqual({ compiled: expect.stringContaining('Two') as unknown });
    await compiler.onApplicationShutdown();
    expect(await compiler.compile(letter('One'))).toEqual(first);
  });
});
