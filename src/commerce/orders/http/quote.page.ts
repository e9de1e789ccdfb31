import { printAmount } from '../../../kernel/money/money';
import type { QuoteState } from '../domain/customer-quote';
import type { QuoteView } from '../domain/quote-view';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const SAYS: Record<QuoteState, string> = {
  draft: 'This offer is being written anew.',
  sent: '',
  accepted: 'You accepted this offer. The shop writes to you about your order and its payment.',
  declined: 'You declined this offer.',
  expired: 'The time in which this offer held is over. Ask the shop for a new one.',
  withdrawn: 'The shop took this offer back.',
};

/** The page that a mailed offer leads to; what it shows of the quote is escaped. */
export const quotePage = (quote: QuoteView, problem: string | null): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">
<title>Offer ${escape(quote.number)}</title>
<style>
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;background:#eef1f6;color:#1c2330}
main{background:#fff;border-radius:14px;box-shadow:0 8px 30px rgba(20,30,60,.12);padding:2rem;max-width:34rem;width:calc(100% - 2rem);box-sizing:border-box}
h1{font-size:1.3rem;margin:0 0 .25rem}
.soft{font-size:.9rem;color:#5b6577;margin:0}
table{width:100%;border-collapse:collapse;margin:1.25rem 0}
td{padding:.5rem 0;border-bottom:1px solid #e3e7ee;vertical-align:top}
td:last-child,td.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-left:1rem}
tr.total td{border:0;font-weight:650;font-size:1.15rem}
form{display:flex;gap:.75rem;margin-top:1.5rem}
button{flex:1;padding:.75rem;border-radius:9px;border:1px solid #c7cedb;background:transparent;color:inherit;font:inherit;cursor:pointer}
button.yes{background:#1f5eff;border-color:#1f5eff;color:#fff;font-weight:600}
button:focus-visible{outline:3px solid #8fb0ff;outline-offset:2px}
.problem{background:#fdecea;color:#7a1c12;border-radius:9px;padding:.75rem 1rem}
@media (prefers-color-scheme:dark){body{background:#12161f;color:#e8ecf4}main{background:#1b212d;box-shadow:none}.soft{color:#9aa5b8}td{border-color:#2c3443}button{border-color:#3a4558}.problem{background:#4a1f1b;color:#ffd9d4}}
</style>
</head>
<body>
<main>
<h1>Offer ${escape(quote.number)}</h1>
<p class="soft">${quote.validUntil && quote.status === 'sent' ? `Holds until ${quote.validUntil.slice(0, 10)}` : ''}</p>
${problem ? `<p class="problem" role="alert">${escape(problem)}</p>` : ''}
<table>
${quote.lines
  .map(
    (line) =>
      `<tr><td>${escape(line.name)}<br><span class="soft">${line.quantity} × ${printAmount(line.unitPrice)}</span></td><td>${printAmount(line.total)}</td></tr>`,
  )
  .join('\n')}
<tr><td>Shipping</td><td>${printAmount(quote.shippingTotal)}</td></tr>
${quote.taxTotal.amount > 0 ? `<tr><td>${quote.taxIncluded ? 'Taxes in it' : 'Taxes'}</td><td>${printAmount(quote.taxTotal)}</td></tr>` : ''}
<tr class="total"><td>Total</td><td>${printAmount(quote.total)} ${escape(quote.total.currency)}</td></tr>
</table>
${quote.note ? `<p>${escape(quote.note)}</p>` : ''}
${
  quote.status === 'sent'
    ? `<form method="post"><button class="yes" name="decision" value="accept">Accept</button><button name="decision" value="decline">Decline</button></form>
<p class="soft">Nothing is charged by accepting.</p>`
    : `<p role="status">${SAYS[quote.status]}</p>`
}
</main>
</body>
</html>
`;
