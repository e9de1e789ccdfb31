/** The 3-D Secure page of the provider double; the values come from our own rows and need no escaping beyond digits and codes. */
export const challengePage = (challenge: {
  amount: string;
  currency: string;
  open: boolean;
  returnUrl: string;
}): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>Confirm your payment</title>
<style>
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;background:#eef1f6;color:#1c2330}
main{background:#fff;border-radius:14px;box-shadow:0 8px 30px rgba(20,30,60,.12);padding:2rem;max-width:23rem;width:calc(100% - 2rem);box-sizing:border-box}
.bank{font-size:.85rem;color:#5b6577;letter-spacing:.04em;text-transform:uppercase;margin:0 0 .25rem}
h1{font-size:1.3rem;margin:0 0 1rem}
.amount{font-size:2rem;font-weight:650;margin:0 0 1rem;font-variant-numeric:tabular-nums}
.hint{font-size:.9rem;color:#5b6577}
form{display:flex;gap:.75rem;margin-top:1.5rem}
button{flex:1;padding:.75rem;border-radius:9px;border:1px solid #c7cedb;background:transparent;color:inherit;font:inherit;cursor:pointer}
button.yes{background:#1f5eff;border-color:#1f5eff;color:#fff;font-weight:600}
button:focus-visible{outline:3px solid #8fb0ff;outline-offset:2px}
@media (prefers-color-scheme:dark){body{background:#12161f;color:#e8ecf4}main{background:#1b212d;box-shadow:none}.bank,.hint{color:#9aa5b8}button{border-color:#3a4558}}
</style>
</head>
<body>
<main>
<p class="bank">Sandbox bank · 3-D Secure</p>
${
  challenge.open
    ? `<h1>Confirm your payment</h1>
<p class="amount">${challenge.amount} ${challenge.currency}</p>
<p class="hint">This is the payment sandbox: no money moves.</p>
<form method="post"><button class="yes" name="decision" value="approve">Approve</button><button name="decision" value="decline">Decline</button></form>`
    : `<h1>Already answered</h1>
<p class="hint">This payment was confirmed or declined before.</p>
<p><a href="${escapeAttribute(challenge.returnUrl)}">Back to the shop</a></p>`
}
</main>
</body>
</html>
`;

const escapeAttribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
