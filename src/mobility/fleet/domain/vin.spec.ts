import { vinFault } from './vin';

it.each([
  // 49 CFR 565 examples in public use, and one whose check digit is X.
  ['1M8GDM9AXKP042788', null],
  ['11111111111111111', null],
  ['1M8GDM9A1KP042788', 'check-digit'],
  ['LSJA24U30PS000001', 'check-digit'],
  // European makers use position 9 freely.
  ['WVWZZZ1JZXW000001', null],
  ['WVWZZZ1JZXW00000', 'form'],
  ['WVWZZZ1JZXW00000I', 'form'],
  ['wvwzzz1jzxw000001', 'form'],
])('judges %s', (vin, fault) => {
  expect(vinFault(vin)).toBe(fault);
});
