import type { TemplateName } from '../contracts/send-message';
import { ACCOUNT_LETTERS } from './account-letters';
import { FACTOR_LETTERS } from './factor-letters';
import { FILE_LETTERS } from './file-letters';
import { FINANCE_LETTERS } from './finance-letters';
import { NOTICE_LETTERS } from './notice-letters';
import { ORDER_LETTERS } from './order-letters';
import { ORGANIZATION_LETTERS } from './organization-letters';
import { PAYMENT_LETTERS } from './payment-letters';
import { STOCK_LETTERS } from './stock-letters';
import { TRACKING_LETTERS } from './tracking-letters';

/** One letter in Liquid. Kept in code so that every build carries it. */
export interface LetterTemplate {
  subject: string;
  /** What inboxes show after the subject. */
  preview: string;
  text: string;
  /** Its components in MJML, see `mjml.ts`: `mj-text` (classes title, soft, code), `mj-button`, `mj-table`. */
  body: string;
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

const ORDER_LINES_HTML = `<mj-table>
{% for line in lines %}<tr><td>{{ line.quantity }} × {{ line.name }}<br><span class="soft">{{ line.sku }}</span></td><td class="num">{{ line.total | money }}</td></tr>
{% endfor %}<tr class="total"><td>Total</td><td class="num">{{ total | money }}</td></tr>
</mj-table>`;

export const TEMPLATES: Record<TemplateName, LetterTemplate> = {
  ...ACCOUNT_LETTERS,
  ...FACTOR_LETTERS,
  ...FILE_LETTERS,
  ...FINANCE_LETTERS,
  ...ORDER_LETTERS,
  ...ORGANIZATION_LETTERS,
  ...PAYMENT_LETTERS,
  ...STOCK_LETTERS,
  ...NOTICE_LETTERS,
  ...TRACKING_LETTERS,
  'verify-email': {
    subject: 'Confirm your email address',
    preview: 'One click and your account at {{ sender }} is ready.',
    text: `Hello {{ name }},

Please confirm your email address to finish your account at {{ sender }}:

{{ publicUrl }}/verify-email/{{ token }}

If you did not ask for an account, ignore this mail; nothing happens then.
`,
    body: `<mj-text mj-class="title">Confirm your email address</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-text>Please confirm your email address to finish your account at {{ sender }}.</mj-text>
<mj-button href="{{ publicUrl }}/verify-email/{{ token }}">Confirm address</mj-button>
<mj-text mj-class="soft">Or open this address in your browser:<br>{{ publicUrl }}/verify-email/{{ token }}</mj-text>
<mj-text mj-class="soft">If you did not ask for an account, ignore this mail; nothing happens then.</mj-text>`,
  },
  'already-registered': {
    subject: 'You already have an account',
    preview: 'Somebody tried to register with your address at {{ sender }}.',
    text: `Hello {{ name }},

Somebody tried to register at {{ sender }} with your email address, but you already have an account. Just sign in with
the password you have. If it was not you, there is nothing to do.
{% if token %}
If you forgot the password, choose a new one here (the link works once, for 24 hours):

{{ publicUrl }}/reset-password/{{ token }}
{% endif %}`,
    body: `<mj-text mj-class="title">You already have an account</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-text>Somebody tried to register at {{ sender }} with your email address, but you already have an account. Just sign in with the password you have.</mj-text>
{% if token %}<mj-button href="{{ publicUrl }}/reset-password/{{ token }}">I forgot the password</mj-button>{% endif %}
<mj-text mj-class="soft">If it was not you, there is nothing to do.</mj-text>`,
  },
  'new-device': {
    subject: 'New sign-in to your account',
    preview: 'Somebody signed in to {{ sender }} with {{ device }}.',
    text: `Hello {{ name }},

Your account at {{ sender }} was used on a device that we have not seen with it before:

Device: {{ device }}
Place:  {{ place }}
Time:   {{ at | date: "%-d %B %Y, %H:%M", 0 }} UTC

If this was you, there is nothing to do. If not, change your password now and end all other sessions.
`,
    body: `<mj-text mj-class="title">New sign-in to your account</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-text>Your account at {{ sender }} was used on a device that we have not seen with it before:</mj-text>
<mj-table>
<tr><td>Device</td><td class="right">{{ device }}</td></tr>
<tr><td>Place</td><td class="right">{{ place }}</td></tr>
<tr><td>Time</td><td class="right">{{ at | date: "%-d %B %Y, %H:%M", 0 }} UTC</td></tr>
</mj-table>
<mj-text mj-class="soft">If this was you, there is nothing to do. If not, change your password now and end all other sessions.</mj-text>`,
  },
  'session-ended-for-safety': {
    subject: 'We signed a device out of your account',
    preview: 'A key of {{ device }} at {{ sender }} was used twice.',
    text: `Hello {{ name }},

We ended the session of a device of your account at {{ sender }}, because a key that belongs to it was used a second
time. Either the device sent it twice by mistake, or somebody has copied it.

Device: {{ device }}
Time:   {{ at | date: "%-d %B %Y, %H:%M", 0 }} UTC

Sign in again on that device. If this keeps happening, change your password; your other sessions go on.
`,
    body: `<mj-text mj-class="title">We signed a device out of your account</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-text>We ended the session of a device of your account at {{ sender }}, because a key that belongs to it was used a second time. Either the device sent it twice by mistake, or somebody has copied it.</mj-text>
<mj-table>
<tr><td>Device</td><td class="right">{{ device }}</td></tr>
<tr><td>Time</td><td class="right">{{ at | date: "%-d %B %Y, %H:%M", 0 }} UTC</td></tr>
</mj-table>
<mj-text mj-class="soft">Sign in again on that device. If this keeps happening, change your password; your other sessions go on.</mj-text>`,
  },
  'order-confirmation': {
    subject: 'Your order {{ number }}',
    preview: 'Thank you! We received your payment of {{ total | money }}.',
    text: `Thank you for your order {{ number }} at {{ sender }}. We received your payment.

${ORDER_LINES_TEXT}
Total: {{ total | money }}

You will hear from us as soon as it is on its way.
`,
    body: `<mj-text mj-class="title">Thank you for your order</mj-text>
<mj-text>We received your payment for order <b>{{ number }}</b>.</mj-text>
${ORDER_LINES_HTML}
<mj-text mj-class="soft">You will hear from us as soon as it is on its way.</mj-text>`,
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
    body: `<mj-text mj-class="title">Your order was cancelled</mj-text>
<mj-text>Order <b>{{ number }}</b> over {{ total | money }} was cancelled.</mj-text>
{% if reason %}<mj-text>Reason: {{ reason }}</mj-text>{% endif %}
<mj-text mj-class="soft">What you already paid is given back the way you paid it; nothing more is to be paid.</mj-text>`,
  },
};

/** Under the text of every letter that one may do without. */
export const TEXT_FOOT = `{% if unsubscribeUrl %}
--
Unsubscribe: {{ unsubscribeUrl }}
{% endif %}`;
