import { escapeHtml, page } from '../../../kernel/http/page';
import type { DevLetter } from '../queries/dev-mailbox';

const when = (letter: DevLetter): string => letter.sentAt.replace('T', ' ').slice(0, 19);

/** The list of letters. */
export function mailboxPage(letters: DevLetter[], to: string | undefined, hasMailServer: boolean): string {
  const note = hasMailServer
    ? 'A mail server is configured (SMTP_URL): new mail goes there, not here.'
    : 'Mail that would have been sent. It stays on this machine.';
  const filter = to ? `<p>Only to <code>${escapeHtml(to)}</code>. <a href="/dev/mailbox">Show all</a></p>` : '';
  const rows = letters
    .map(
      (letter) =>
        `<a href="/dev/mailbox/${letter.id}"><span><strong>${escapeHtml(letter.subject)}</strong><br>${escapeHtml(letter.to)}</span>` +
        `<span class="tag" style="border:0;font-weight:400">${when(letter)}</span></a>`,
    )
    .join('');
  const list = letters.length > 0 ? `<div class="card">${rows}</div>` : '<p>No letters yet.</p>';
  return page('Development mailbox', `<h1>Development mailbox</h1><p class="lead">${note}</p>${filter}${list}`);
}

/** One letter. Its HTML is shown in a frame that may run nothing and belongs to no origin. */
export const letterPage = (letter: DevLetter): string =>
  page(
    letter.subject,
    `<p><a href="/dev/mailbox">← Mailbox</a></p><h1>${escapeHtml(letter.subject)}</h1>
<p class="lead">To <a href="/dev/mailbox?to=${encodeURIComponent(letter.to)}">${escapeHtml(letter.to)}</a> · ${when(letter)} UTC</p>
<div class="card"><iframe title="Letter" sandbox="allow-popups allow-popups-to-escape-sandbox" style="display:block;width:100%;height:36rem;border:0;background:#fff"
 srcdoc="${escapeHtml(letter.html.replace('<head>', '<head><base target="_blank">'))}"></iframe></div>
<h2>Plain text</h2><div class="card"><pre style="margin:0;padding:1rem 1.1rem;white-space:pre-wrap;overflow-wrap:anywhere">${escapeHtml(letter.text)}</pre></div>`,
  );
