import type { TemplateName } from '../contracts/send-message';
import { ACCOUNT_LETTERS } from './account-letters';
import { FACTOR_LETTERS } from './factor-letters';
import { FINANCE_LETTERS } from './finance-letters';
import { NOTICE_LETTERS } from './notice-letters';
import { ORDER_LETTERS } from './order-letters';
import { ORGANIZATION_LETTERS } from './organization-letters';
import { PAYMENT_LETTERS } from './payment-letters';
import { STOCK_LETTERS } from './stock-letters';

/** One letter in Liquid; the HTML is the inner part of the layout. Kept in code so that every build carries it. */
export interface LetterTemplate {
  subject: string;
  /** What inboxes show after the subject. */
  preview: string;
  text: string;
  html: string;
  /** The text message, where there is one: short, and with the code in front where there is one. */
  sms?: string;
  /** What devices and the inbox show; default the subject and the preview. */
  push?: PushTemplate;
}

export interface PushTemplate {
  title: string;
  body: string;
  /** Where it leads: a path under the public URL, or an address. */
  link?: string;
  /** A later one with the same key takes the place of the former on a device. */
  collapseKey?: string;
}

const ORDER_LINES_TEXT = `{% for line in lines %}{{ line.quantity }} × {{ line.name }} ({{ line.sku }})  {{ line.total | money }}
{% endfor %}`;

const ORDER_LINES_HTML = `<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
{% for line in lines %}<tr><td>{{ line.quantity }} × {{ line.name }}<br><span class="soft">{{ line.sku }}</span></td><td align="right" class="num">{{ line.total | money }}</td></tr>
{% endfor %}<tr class="total"><td>Total</td><td align="right" class="num">{{ total | money }}</td></tr>
</table>`;

export const TEMPLATES: Record<TemplateName, LetterTemplate> = {
  ...ACCOUNT_LETTERS,
  ...FACTOR_LETTERS,
  ...FINANCE_LETTERS,
  ...ORDER_LETTERS,
  ...ORGANIZATION_LETTERS,
  ...PAYMENT_LETTERS,
  ...STOCK_LETTERS,
  ...NOTICE_LETTERS,
  'verify-email': {
    subject: 'Confirm your email address',
    preview: 'One click and your account at {{ sender }} is ready.',
    text: `Hello {{ name }},

please confirm your email address to finish your account at {{ sender }}:

{{ publicUrl }}/verify-email/{{ token }}

If you did not ask for an account, ignore this mail; nothing happens then.
`,
    html: `<h1>Confirm your email address</h1>
<p>Hello {{ name }},</p>
<p>please confirm your email address to finish your account at {{ sender }}.</p>
<p class="action"><a class="button" href="{{ publicUrl }}/verify-email/{{ token }}">Confirm address</a></p>
<p class="soft">Or open this address in your browser:<br>{{ publicUrl }}/verify-email/{{ token }}</p>
<p class="soft">If you did not ask for an account, ignore this mail; nothing happens then.</p>`,
  },
  'already-registered': {
    subject: 'You already have an account',
    preview: 'Somebody tried to register with your address at {{ sender }}.',
    text: `Hello {{ name }},

somebody tried to register at {{ sender }} with your email address, but you already have an account. Just sign in with
the password you have. If it was not you, there is nothing to do.
{% if token %}
If you forgot the password, choose a new one here (the link works once, for 24 hours):

{{ publicUrl }}/reset-password/{{ token }}
{% endif %}`,
    html: `<h1>You already have an account</h1>
<p>Hello {{ name }},</p>
<p>somebody tried to register at {{ sender }} with your email address, but you already have an account. Just sign in with the password you have.</p>
{% if token %}<p class="action"><a class="button" href="{{ publicUrl }}/reset-password/{{ token }}">I forgot the password</a></p>{% endif %}
<p class="soft">If it was not you, there is nothing to do.</p>`,
  },
  'new-device': {
    subject: 'New sign-in to your account',
    preview: 'Somebody signed in to {{ sender }} with {{ device }}.',
    text: `Hello {{ name }},

your account at {{ sender }} was used on a device that we have not seen with it before:

Device: {{ device }}
Place:  {{ place }}
Time:   {{ at | date: "%d %B %Y, %H:%M", 0 }} UTC

If this was you, there is nothing to do. If not, change your password now and end all other sessions.
`,
    html: `<h1>New sign-in to your account</h1>
<p>Hello {{ name }},</p>
<p>your account at {{ sender }} was used on a device that we have not seen with it before:</p>
<p>Device: <b>{{ device }}</b><br>Place: {{ place }}<br>Time: {{ at | date: "%d %B %Y, %H:%M", 0 }} UTC</p>
<p class="soft">If this was you, there is nothing to do. If not, change your password now and end all other sessions.</p>`,
  },
  'session-ended-for-safety': {
    subject: 'We signed a device out of your account',
    preview: 'A key of {{ device }} at {{ sender }} was used twice.',
    text: `Hello {{ name }},

we ended the session of a device of your account at {{ sender }}, because a key that belongs to it was used a second
time. Either the device sent it twice by mistake, or somebody has copied it.

Device: {{ device }}
Time:   {{ at | date: "%d %B %Y, %H:%M", 0 }} UTC

Sign in again on that device. If this keeps happening, change your password; your other sessions go on.
`,
    html: `<h1>We signed a device out of your account</h1>
<p>Hello {{ name }},</p>
<p>we ended the session of a device of your account at {{ sender }}, because a key that belongs to it was used a second time. Either the device sent it twice by mistake, or somebody has copied it.</p>
<p>Device: <b>{{ device }}</b><br>Time: {{ at | date: "%d %B %Y, %H:%M", 0 }} UTC</p>
<p class="soft">Sign in again on that device. If this keeps happening, change your password; your other sessions go on.</p>`,
  },
  'order-confirmation': {
    subject: 'Your order {{ number }}',
    preview: 'Thank you! We received your payment of {{ total | money }}.',
    text: `Thank you for your order {{ number }} at {{ sender }}. We received your payment.

${ORDER_LINES_TEXT}
Total: {{ total | money }}

You will hear from us as soon as it is on its way.
`,
    html: `<h1>Thank you for your order</h1>
<p>We received your payment for order <b>{{ number }}</b>.</p>
${ORDER_LINES_HTML}
<p class="soft">You will hear from us as soon as it is on its way.</p>`,
  },
  'order-cancelled': {
    subject: 'Your order {{ number }} was cancelled',
    preview: 'Nothing more is to be paid for order {{ number }}.',
    text: `Your order {{ number }} at {{ sender }} over {{ total | money }} was cancelled.
{% if reason %}
Reason: {{ reason }}
{% endif %}
What you already paid is given back the way you paid it; nothing more is to be paid.
`,
    html: `<h1>Your order was cancelled</h1>
<p>Order <b>{{ number }}</b> over {{ total | money }} was cancelled.</p>
{% if reason %}<p>Reason: {{ reason }}</p>{% endif %}
<p class="soft">What you already paid is given back the way you paid it; nothing more is to be paid.</p>`,
  },
};

/** Around every letter; mail programs want tables and styles in the head. Nothing comes from another
 * host but the logo of an organization that set one. */
export const LAYOUT = {
  before: (preview: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>{{ sender }}</title>
<style>
body{margin:0;padding:0;background:#eef1f5;color:#1c2430;font:16px/1.55 -apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.sheet{max-width:560px;margin:0 auto;background:#ffffff;border-radius:12px}
.inner{padding:32px}
.sender{font-weight:600;font-size:14px;letter-spacing:.02em;color:#5d6877;padding:24px 0 12px;text-align:center}
h1{font-size:22px;line-height:1.3;margin:0 0 16px}
p{margin:0 0 14px}
.soft{color:#5d6877;font-size:14px;overflow-wrap:anywhere}
.action{margin:24px 0}
.button{display:inline-block;background:{{ brand.primaryColor | default: '#1f5eff' }};color:{{ brand.textColor | default: '#ffffff' }};text-decoration:none;font-weight:600;padding:12px 22px;border-radius:8px}
.lines{border-collapse:collapse;margin:8px 0 20px}
.lines td{padding:10px 0;border-bottom:1px solid #e1e5ea;vertical-align:top}
.lines .total td{border-bottom:0;font-weight:600}
.num{white-space:nowrap;font-variant-numeric:tabular-nums}
.foot{color:#5d6877;font-size:12px;text-align:center;padding:16px 24px 32px}
@media (prefers-color-scheme:dark){body{background:#11151b;color:#e8ecf2}.sheet{background:#1a2029}.soft,.sender,.foot{color:#98a4b5}.lines td{border-color:#2b3442}}
</style></head>
<body>
<div style="display:none;max-height:0;overflow:hidden">${preview}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td style="padding:0 12px">
<div class="sender">{% if brand.logoUrl %}<img src="{{ brand.logoUrl }}" alt="{{ sender }}" height="40" style="height:40px;max-width:240px;border:0">{% else %}{{ sender }}{% endif %}</div>
<div class="sheet"><div class="inner">
`,
  after: `
</div></div>
<div class="foot">Sent by {{ sender }}{% if brand.tagline %}<br>{{ brand.tagline }}{% endif %}{% if unsubscribeUrl %}<br><a href="{{ unsubscribeUrl }}">Get no more of these mails</a>{% endif %}</div>
</td></tr></table>
</body></html>
`,
};

/** Under the text of every letter that one may do without. */
export const TEXT_FOOT = `{% if unsubscribeUrl %}
--
Get no more of these mails: {{ unsubscribeUrl }}
{% endif %}`;
