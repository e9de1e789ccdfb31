import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { TemplateName } from '../contracts/send-message';
import { Renderer } from './renderer';
import { ORDER_SAMPLE as order, SAMPLE_BASE as base, SAMPLE_LINE as line, SAMPLES } from './samples';
import { TEMPLATES } from './templates';

const renderer = new Renderer();
describe('letters', () => {
  it('are compiled as they stand beside it', () => {
    const root = path.join(__dirname, '../../../..');
    execFileSync(process.execPath, [path.join(root, 'tools/letters.cjs'), '--check'], { cwd: root });
  }, 60_000);

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

  it('say who uploaded an infected file, where anybody knows', () => {
    const told = (whose: object) => {
      const { text, html } = renderer.render('file-infected', {
        ...base,
        fileId: 'f',
        file: 'a.zip',
        signature: 'X',
        ...whose,
      });
      expect(html.includes('uploaded it')).toBe(text.includes('uploaded it'));
      return text.split('\n')[2];
    };
    const now = 'Nobody can open it any more, and it is shown nowhere.';
    expect(told({ own: true })).toBe(`You uploaded it to Corner Shop. ${now}`);
    expect(told({ uploader: 'Ben' })).toBe(`Ben uploaded it. ${now}`);
    // An account that is no more, or a file of Mainstay itself.
    expect([told({ uploader: '' }), told({})]).toEqual([now, now]);
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
    const notice = renderer.render('notice', { ...base, title: 'x', body: '<b>One</b>\nTwo' });
    expect(notice.html).toMatch(/&lt;b&gt;One&lt;\/b&gt;<br ?\/?>\s*Two/);
    const subject = renderer.render('low-stock', { ...SAMPLES['low-stock'], name: 'Mug\r\nBcc: a@b.example' }).subject;
    expect(subject).toBe('Low stock: Mug Bcc: a@b.example');
  });

  it('are written although the machine is busy with something else meanwhile', () => {
    let pauses = 1;
    const slow = {
      get name() {
        // As a thread that is not given a core, or whose memory is tidied up.
        if (pauses-- > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        return 'Ada';
      },
    };
    const mail = renderer.render(
      'verify-email',
      Object.defineProperties({ ...base, token: 't' }, Object.getOwnPropertyDescriptors(slow)),
    );
    expect(mail.text).toContain('Ada');
  });

  it('break off when data is beyond all measure', () => {
    const lines = Array.from({ length: 3_000_000 }, () => line);
    expect(() => renderer.render('order-confirmation', { ...order, lines })).toThrow(/limit/i);
  });
});
