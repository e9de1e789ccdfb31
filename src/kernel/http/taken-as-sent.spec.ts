import { ArrayMaxSize, IsArray, IsString } from 'class-validator';
import { TakenAsSent } from './taken-as-sent';
import { EdgeValidationPipe } from './validation.pipe';

class Reading {
  @IsString()
  name: string;

  @IsArray()
  @ArrayMaxSize(3)
  @TakenAsSent()
  values: unknown[];
}

describe('a list that is taken as it was sent', () => {
  const pipe = new EdgeValidationPipe();
  const read = (body: object) => pipe.transform(body, { type: 'body', metatype: Reading }) as Promise<Reading>;

  it('comes with its own elements, whatever they are, in an object of the class', async () => {
    const values = [{ a: 1 }, null, [2]];
    const body = { name: 'x', values };
    const given = await read(body);
    expect(given).toBeInstanceOf(Reading);
    expect(given).toEqual({ name: 'x', values });
    expect(given.values[0]).toBe(values[0]);
    expect(body.values).toBe(values);
  });

  it('is held to the rules of the list, and the rest of the body to its own', async () => {
    const refused = (body: object) =>
      read(body).then(
        () => null,
        (error: { errors: object[] }) => error,
      );
    for (const body of [
      { name: 'x', values: [1, 2, 3, 4] },
      { name: 'x', values: 'all' },
      { name: 'x' },
      { name: 7, values: [] },
      { name: 'x', values: [], more: [] },
    ])
      expect([body, await refused(body)]).toEqual([body, expect.objectContaining({ code: 'request.invalid' })]);
  });
});
