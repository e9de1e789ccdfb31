import { validationUrlOf } from './apple-pay';

it('takes addresses of Apple’s gateway alone, unless the operator named another', () => {
  const allowed = [
    'https://apple-pay-gateway.apple.com/paymentservices/startSession',
    'https://apple-pay-gateway-nc-pod1.apple.com/paymentservices/paymentSession',
    'https://apple-pay-gateway-pr-pod5-dr.apple.com/paymentservices/startSession',
    'https://cn-apple-pay-gateway-sh-pod2.apple.com/paymentservices/startSession',
    'https://apple-pay-gateway-cert.apple.com/paymentservices/startSession',
    'https://cn-apple-pay-gateway-cert.apple.com/paymentservices/startSession',
  ];
  const refused = [
    'http://apple-pay-gateway.apple.com/paymentservices/startSession',
    'https://apple-pay-gateway.apple.com:8443/paymentservices/startSession',
    'https://apple-pay-gateway.apple.com.evil.example/paymentservices/startSession',
    'https://evil.example/paymentservices/startSession',
    'https://apple-pay-gateway-evil.apple.com/paymentservices/startSession',
    'https://user@apple-pay-gateway.apple.com/paymentservices/startSession',
    'https://apple-pay-gateway.apple.com/paymentservices/startSession?x=1',
    'https://apple-pay-gateway.apple.com/paymentservices/startSession#x',
    'https://apple-pay-gateway.apple.com/other',
    'https://apple-pay-gateway.apple.com/paymentservices/../admin',
    'https://169.254.169.254/paymentservices/startSession',
    'https://[::1]/paymentservices/startSession',
    'file:///etc/passwd',
    'nonsense',
    '',
  ];
  const is = (url: string, base: string | null = null) => {
    try {
      return validationUrlOf(url, base).href === url;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(allowed.map((url) => is(url))).toEqual(allowed.map(() => true));
  expect(refused.map((url) => is(url))).toEqual(refused.map(() => 'payments.validation-url-refused'));
  const base = 'https://localhost:4433';
  expect(is(`${base}/paymentservices/startSession`, base)).toBe(true);
  expect(is(allowed[0], base)).toBe('payments.validation-url-refused');
  expect(is('https://localhost:4434/paymentservices/startSession', base)).toBe('payments.validation-url-refused');
});
