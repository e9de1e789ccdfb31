import { escapeHtml, page } from '../../../kernel/http/page';
import type { DevLetter } from '../queries/dev-mailbox';
import type { SampleLetter } from '../queries/sample-letters';

const STYLE = `<style>
main{max-width:74rem}.bar{display:flex;gap:.5rem;flex-wrap:wrap;margin:0 0 1.25rem}.bar a{padding:.3rem .85rem;border:1px solid var(--line);border-radius:99px;text-decoration:none;color:inherit;background:var(--card)}
.bar a[aria-current]{background:var(--accent);color:#fff;border-color:var(--accent)}
.card>a.mail{display:grid;grid-template-columns:5rem minmax(0,1fr) auto;gap:1rem;align-items:start}.mail strong{color:var(--ink)}.mail small{display:block;color:var(--soft);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.kind{font-size:.75rem;font-weight:600;color:var(--accent);border:1px solid currentcolor;border-radius:99px;padding:.05rem .5rem;justify-self:start}
time{color:var(--soft);font-size:.85rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.views{display:grid;grid-template-columns:minmax(0,1fr) 377px;gap:1.25rem;align-items:start}.views iframe{display:block;width:100%;height:44rem;border:0;background:#fff}
figure{margin:0}figcaption{color:var(--soft);font-size:.85rem;margin:0 0 .35rem}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,16.8rem);gap:1.1rem}.gallery a{color:inherit;text-decoration:none}
.thumb{height:19rem;overflow:hidden;position:relative}.thumb iframe{width:640px;height:720px;border:0;transform:scale(.42);transform-origin:0 0;pointer-events:none;background:#fff}
.gallery p{margin:.4rem 0 0;font-size:.9rem;line-height:1.35}.gallery small{color:var(--soft)}
pre{margin:0;padding:1rem 1.1rem;white-space:pre-wrap;overflow-wrap:anywhere}dl{margin:0;padding:.9rem 1.1rem;display:grid;grid-template-columns:6rem 1fr;gap:.3rem 1rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
@media (max-width:60rem){.views{grid-template-columns:minmax(0,1fr)}.card>a.mail{grid-template-columns:1fr}}
</style>`;

const KINDS: Record<string, string> = { email: 'Mail', sms: 'Text', push: 'Push' };
const when = (letter: DevLetter): string => letter.sentAt.replace('T', ' ').slice(0, 19);
const bar = (at: 'sent' | 'letters'): string =>
  `<nav class="bar"><a href="/dev/mailbox"${at === 'sent' ? ' aria-current="page"' : ''}>Sent here</a>` +
  `<a href="/dev/mailbox/letters"${at === 'letters' ? ' aria-current="page"' : ''}>Every letter of the product</a></nav>`;

/** The list of letters. */
export function mailboxPage(letters: DevLetter[], to: string | undefined, hasMailServer: boolean): string {
  const note = hasMailServer
    ? 'A mail server is configured: new mail goes there, not here.'
    : 'Mail, text messages and push messages that would have been sent. They stay on this machine.';
  const filter = to ? `<p>Only to <code>${escapeHtml(to)}</code>. <a href="/dev/mailbox">Show all</a></p>` : '';
  const rows = letters
    .map(
      (letter) =>
        `<a class="mail" href="/dev/mailbox/${letter.id}"><span class="kind">${KINDS[letter.channel] ?? letter.channel}</span>` +
        `<span><strong>${escapeHtml(letter.subject)}</strong><small>${escapeHtml(letter.to)} · ${escapeHtml(excerpt(letter.text))}</small></span>` +
        `<time>${when(letter)}</time></a>`,
    )
    .join('');
  const list = letters.length > 0 ? `<div class="card">${rows}</div>` : '<p>Nothing was sent yet.</p>';
  return page(
    'Development mailbox',
    `${STYLE}<h1>Development mailbox</h1><p class="lead">${note}</p>${bar('sent')}${filter}${list}`,
  );
}

const excerpt = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 140);

/** A letter in a frame that may run nothing and belongs to no origin. `dark`: as readers see it who prefer that. */
function frame(html: string, title: string, dark = false): string {
  const shown = dark ? html.replaceAll('(prefers-color-scheme:dark)', 'all') : html;
  const base = shown.replace('<head>', '<head><base target="_blank">');
  return `<iframe title="${title}" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${escapeHtml(base)}"></iframe>`;
}

const views = (html: string): string =>
  `<div class="views"><figure><figcaption>On a desk</figcaption><div class="card">${frame(html, 'On a desk')}</div></figure>` +
  `<figure><figcaption>On a phone, in the dark</figcaption><div class="card">${frame(html, 'On a phone', true)}</div></figure></div>`;

const plain = (text: string): string => `<h2>Plain text</h2><div class="card"><pre>${escapeHtml(text)}</pre></div>`;

/** One letter. */
export const letterPage = (letter: DevLetter): string =>
  page(
    letter.subject,
    `${STYLE}<p><a href="/dev/mailbox">← Mailbox</a></p><h1>${escapeHtml(letter.subject)}</h1>
<p class="lead">${KINDS[letter.channel] ?? letter.channel} to <a href="/dev/mailbox?to=${encodeURIComponent(letter.to)}">${escapeHtml(letter.to)}</a> · ${when(letter)} UTC</p>
${letter.html === '' ? '' : views(letter.html)}${plain(letter.text)}`,
  );

/** Every letter of the product with invented data. */
export function lettersPage(letters: SampleLetter[]): string {
  const gallery = letters
    .map(
      ({ name, category, subject, html }) =>
        `<a href="/dev/mailbox/letters/${name}"><div class="card thumb">${frame(html, name)}</div><p>${escapeHtml(subject)}<br><small>${name} · ${category}</small></p></a>`,
    )
    .join('');
  return page(
    'Letters of the product',
    `${STYLE}<h1>Development mailbox</h1><p class="lead">The ${letters.length} letters of the product, with invented data.</p>${bar('letters')}<div class="gallery">${gallery}</div>`,
  );
}

/** One of them with all of its parts. */
export const sampleLetterPage = ({ name, category, critical, subject, text, html, sms, shown }: SampleLetter): string =>
  page(
    subject,
    `${STYLE}<p><a href="/dev/mailbox/letters">← Every letter</a></p><h1>${escapeHtml(subject)}</h1>
<p class="lead"><code>${name}</code> · ${category}${critical ? ' · critical: cannot be switched off' : ''}</p>${views(html)}
<h2>Elsewhere</h2><div class="card"><dl><dt>Push, inbox</dt><dd><strong>${escapeHtml(shown.title)}</strong><br>${escapeHtml(shown.body)}</dd>
${sms === null ? '' : `<dt>Text</dt><dd>${escapeHtml(sms)}</dd>`}</dl></div>${plain(text)}`,
  );
