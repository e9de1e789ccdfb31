import fc from 'fast-check';
import { canonicalCode, newCode, tailOf } from './gift-card-code';

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

it('a code is read as it is typed, and a wrong letter is found', () => {
  const code = newCode();
  const plain = code.replaceAll('-', '');
  expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  expect(tailOf(code)).toBe(code.slice(-4));
  expect(canonicalCode(` ${code.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')} `)).toBe(plain);
  for (const wrong of ['', 'X', `${code}A`, code.slice(1), `${code.slice(0, 18)}!`])
    expect(canonicalCode(wrong)).toBeNull();
  fc.assert(
    fc.property(fc.nat(15), fc.nat(31), (at, letter) => {
      const typed = plain.slice(0, at) + LETTERS[letter] + plain.slice(at + 1);
      expect(canonicalCode(typed)).toBe(typed === plain ? plain : null);
    }),
  );
});

it('no two codes are equal', () => {
  expect(new Set(Array.from({ length: 1_000 }, newCode)).size).toBe(1_000);
});
