import { looksLikeCardNumber } from './card-number';

it('knows a card number, however it is typed, and leaves tokens alone', () => {
  for (const text of ['4242424242424242', '4242 4242 4242 4242', '3782-822463-10005', '5555555555554444'])
    expect([text, looksLikeCardNumber(text)]).toEqual([text, true]);
  for (const text of ['success', 'tok_4242424242424242', '4242424242424241', '1234', '', 'requires_action'])
    expect([text, looksLikeCardNumber(text)]).toEqual([text, false]);
});
