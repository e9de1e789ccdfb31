import type { TemplateName } from '../contracts/send-message';
import { Renderer } from './renderer';
import { TEMPLATES } from './templates';

const renderer = new Renderer();
const base = { sender: 'Corner Shop', publicUrl: 'https://shop.example.org' };
const line = { sku: 'MUG-1', name: 'Mug', quantity: 2, total: { amount: 2_500, currency: 'EUR' } };
const order = { ...base, number: '1001', orderId: 'x', lines: [line], total: { amount: 2_500, currency: 'EUR' } };
const SAMPLES: Record<TemplateName, Record<string, unknown>> = {
  'verify-email': { ...base, name: 'Ada', token: 'tok_123' },
  'already-registered': { ...base, name: 'Ada' },
  'new-device': { ...base, name: 'Ada', device: 'Firefox on Linux', place: 'Portugal', at: '2026-03-01T12:30:00.000Z' },
  'session-ended-for-safety': { ...base, name: 'Ada', device: 'Firefox on Linux', at: '2026-03-01T12:30:00.000Z' },
  'reset-password': { ...base, name: 'Ada', token: 't', by: 'administrator' },
  'account-created': { ...base, name: 'Ada', token: 't', organization: 'North Wind' },
  'asked-to-join': { ...base, name: 'Ada', token: 't', organization: 'North Wind' },
  'password-changed': { ...base, name: 'Ada', at: '2026-03-01T12:30:00.000Z' },
  'confirm-new-email': { ...base, name: 'Ada', token: 't', email: 'ada@example.net' },
  'email-changed': { ...base, name: 'Ada', token: 't', email: 'ada@example.net', at: '2026-03-01T12:30:00.000Z' },
  'account-disabled': { ...base, name: 'Ada', at: '2026-03-01T12:30:00.000Z' },
  'account-deletion': { ...base, name: 'Ada', token: 't', at: '2026-03-31T12:30:00.000Z' },
  'account-deleted': { ...base, name: 'Ada' },
  'finance-report': {
    ...base,
    title: 'Profit and loss',
    firstDay: '2026-03-01',
    lastDay: '2026-03-31',
    format: 'pdf',
    fileToken: 'tok_1',
    unsubscribeToken: 'tok_2',
  },
  'order-confirmation': order,
  'order-shipped': {
    ...order,
    carrier: 'DHL',
    trackingNumber: '0034',
    trackingUrl: 'https://track.example.org/0034',
    complete: false,
  },
  'payment-reminder': order,
  'order-lines-cancelled': { ...order, refund: line.total },
  'backorder-allocated': { ...order, waiting: 2 },
  quote: { ...order, number: 'Q-00001', validUntil: '2026-03-31T12:00:00.000Z', linkToken: 'abc' },
  'return-updated': { ...order, returnNumber: '1001-R1', state: 'refunded', refund: line.total },
  'order-cancelled': { ...order, reason: 'Not paid in time' },
  'one-time-code': { ...base, code: '123456', minutes: 10 },
  'factor-changed': {
    ...base,
    name: 'Ada',
    what: 'added',
    method: 'passkey',
    factor: 'Phone',
    at: '1 March 2026, 12:00 UTC',
    ip: '192.0.2.1',
  },
  'factor-recovery': { ...base, name: 'Ada', linkToken: 'l', stopToken: 's', waitsUntil: '1 March 2026, 12:00 UTC' },
  invitation: {
    ...base,
    organization: 'North Wind',
    inviter: 'Olive',
    role: 'staff',
    token: 't0k',
    until: '2026-03-01',
  },
  'approval-requested': {
    ...base,
    name: 'Ada',
    requester: 'Bob',
    subject: 'Order 1001',
    amount: line.total,
    until: '2026-03-01',
  },
  'approval-decided': {
    ...base,
    name: 'Bob',
    subject: 'Order 1001',
    amount: line.total,
    decision: 'approved',
    comment: 'Fine.',
    next: 'Pay it now.',
  },
  'confirm-payment': {
    ...base,
    paymentId: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c',
    amount: { amount: 4_900, currency: 'EUR' },
  },
  'payment-review': {
    ...base,
    reviewId: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c',
    amount: { amount: 90_000, currency: 'EUR' },
    reasons: ['Dear first order: Nobody is signed in'],
    due: '2026-03-01 16:00 UTC',
    rejected: '2026-03-07 12:00 UTC',
    overdue: false,
  },
  dispute: {
    ...base,
    disputeId: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c',
    amount: { amount: 4_900, currency: 'EUR' },
    reason: 'product not received',
    provider: 'stripe',
    until: '2026-03-08 12:00 UTC',
    hoursLeft: 24,
  },
  'stock-digest': {
    ...base,
    day: '2026-03-01',
    open: 2,
    unacknowledged: 1,
    low_stock: 0,
    out_of_stock: 1,
    expiring: 1,
    overstock: 0,
    more: 0,
    alerts: [
      { kind: 'out_of_stock', sku: 'MUG-1', locationName: 'Main', available: 0, acknowledged: false },
      {
        kind: 'expiring',
        sku: 'TEA-1',
        locationName: 'Main',
        lotNumber: 'L1',
        available: 4,
        onHand: 4,
        removeAt: '2026-03-09T00:00:00.000Z',
        acknowledged: true,
      },
    ],
    expiringValue: [line.total],
  },
  'low-stock': { ...base, sku: 'MUG-1', available: 2, reorderLevel: 5, locationName: 'Main' },
  'out-of-stock': { ...base, sku: 'MUG-1', available: 0, locationName: 'Main' },
  'expiring-stock': { ...base, sku: 'TEA-1', lotNumber: 'L1', onHand: 7, removeAt: '2026-03-01T00:00:00.000Z' },
  overstock: { ...base, sku: 'MUG-1', onHand: 700, overstockLevel: 500, locationName: 'Main' },
};

describe('letters', () => {
  it.each(Object.keys(TEMPLATES) as TemplateName[])('%s has subject, text and html, and nothing unrendered', (name) => {
    const letter = renderer.render(name, SAMPLES[name]);
    expect(letter.subject.length).toBeGreaterThan(5);
    for (const part of Object.values(letter)) expect(part).not.toMatch(/\{\{|\{%|undefined|\[object/);
    expect(letter.html).toMatch(/^<!doctype html>/);
    expect(letter.html).not.toMatch(/src=|@import|url\(/);
    expect(letter.html).toContain('Corner Shop');
  });

  it('link to the verification page and show money as people write it', () => {
    const mail = renderer.render('verify-email', SAMPLES['verify-email']);
    for (const part of [mail.text, mail.html]) expect(part).toContain('https://shop.example.org/verify-email/tok_123');
    const confirmation = renderer.render('order-confirmation', SAMPLES['order-confirmation']);
    expect(confirmation.subject).toBe('Your order 1001');
    for (const part of [confirmation.text, confirmation.html]) expect(part).toContain('25.00 EUR');
    const yen = { ...order, total: { amount: 1_200, currency: 'JPY' } };
    expect(renderer.render('order-confirmation', yen).text).toContain('1200 JPY');
    expect(renderer.render('low-stock', SAMPLES['low-stock']).subject).toBe('Low stock: MUG-1');
  });

  it('have a text message where one is sent by phone', () => {
    expect(renderer.renderText('one-time-code', SAMPLES['one-time-code'])).toMatch(
      /^123456 is your Corner Shop code\./,
    );
    expect(() => renderer.renderText('low-stock', SAMPLES['low-stock'])).toThrow(/no text message/);
  });

  it.each([
    'added',
    'removed',
    'backup-code-used',
    'backup-codes-replaced',
    'replaced-after-recovery',
    'passkey-copied',
  ])('say in words what changed: %s', (what) => {
    const mail = renderer.render('factor-changed', { ...SAMPLES['factor-changed'], what, left: 1 });
    expect(mail.subject.length).toBeGreaterThan(15);
    expect(mail.text).toMatch(/Hello Ada,\n\n[A-Z][^\n]{20,}\.\n/);
  });

  it('escape what people typed in HTML, and keep headers in one line', () => {
    const evil = { ...base, name: '<img src=x onerror=alert(1)>\r\nBcc: a@b.example', token: 't' };
    const mail = renderer.render('verify-email', evil);
    expect(mail.html).not.toContain('<img');
    expect(mail.html).toContain('&lt;img');
    const subject = renderer.render('low-stock', { ...SAMPLES['low-stock'], name: 'Mug\r\nBcc: a@b.example' }).subject;
    expect(subject).toBe('Low stock: Mug Bcc: a@b.example');
  });

  it('break off when data is beyond all measure', () => {
    const lines = Array.from({ length: 3_000_000 }, () => line);
    expect(() => renderer.render('order-confirmation', { ...order, lines })).toThrow(/limit/i);
  });
});
