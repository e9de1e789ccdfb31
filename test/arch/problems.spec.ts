import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './scan';

interface Source {
  file: string;
  text: string;
}
const { problemStatuses } = require('../../tools/openapi/problem-statuses.cjs') as {
  problemStatuses: (files?: Source[]) => Map<string, Set<number>>;
};

const read = (text: string, file = 'src/commerce/orders/domain/planted.ts'): Record<string, number[]> =>
  Object.fromEntries(
    [
      ...problemStatuses([
        {
          file,
          text: `import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';\n${text}`,
        },
      ]),
    ].map(([code, statuses]) => [code, [...statuses]]),
  );

describe('the status of a problem', () => {
  it('is read from where it is made', () => {
    expect(
      read(`
        export const gone = (): AppError => notFound('a.not-found', 'Gone.');
        throw new AppError('a.too-many', 'too-many', 'Too many.');
        throw invalid(far ? 'a.far' : 'a.near', 'Wrong.');
      `),
    ).toEqual({ 'a.not-found': [404], 'a.too-many': [429], 'a.far': [400], 'a.near': [400] });
  });

  it('is found through functions that hand on what they are given', () => {
    expect(
      read(`
        const refused = (code: string, detail: string): AppError => conflict(code, detail);
        export const closed = (): AppError => refused('a.closed', 'Closed.');
        const upload = (code: 'too-big' | 'empty'): AppError => invalid(\`a.file-\${code}\`, 'No file.');
        function any(code: string, kind: ErrorKind): AppError { return new AppError(code, kind, 'x'); }
        class Door { private no(code: string): AppError { return any(code, 'forbidden'); } enter() { throw this.no('a.no'); } }
      `),
    ).toEqual({ 'a.closed': [409], 'a.file-too-big': [400], 'a.file-empty': [400], 'a.no': [403] });
  });

  it('of two that differ, both are known', () =>
    expect(read(`throw invalid('a.odd', ''); throw conflict('a.odd', '');`)).toEqual({ 'a.odd': [400, 409] }));
});

describe('the problems of the API document', () => {
  it('have the status with which the sources make them, each of them', () => {
    const made = problemStatuses();
    const document = JSON.parse(readFileSync(path.join(ROOT, 'docs/openapi.json'), 'utf8')) as {
      paths: Record<string, Record<string, { responses: Record<string, { 'x-problem-codes'?: string[] }> }>>;
    };
    let compared = 0;
    const wrong = Object.entries(document.paths).flatMap(([url, item]) =>
      Object.entries(item).flatMap(([method, { responses }]) =>
        Object.entries(responses).flatMap(([status, { 'x-problem-codes': codes = [] }]) =>
          codes.flatMap((code) => {
            compared += 1;
            const right = [...(made.get(code) ?? [])];
            return right.includes(Number(status))
              ? []
              : [`${method} ${url}: ${code} is ${right.join(' or ') || 'made nowhere'}, not ${status}`];
          }),
        ),
      ),
    );
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(5000);
  }, 240_000);
});
