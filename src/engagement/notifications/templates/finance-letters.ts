import type { FinanceTemplateData } from '../contracts/finance-messages';
import type { LetterTemplate } from './templates';

/** Letters about an organization's money. */
export const FINANCE_LETTERS: Record<keyof FinanceTemplateData, LetterTemplate> = {
  'finance-report': {
    subject:
      '{{ title }}, {{ firstDay | date: "%-d %B %Y", 0 }}{% if firstDay != lastDay %} to {{ lastDay | date: "%-d %B %Y", 0 }}{% endif %}',
    preview: 'The report of {{ sender }} is ready.',
    text: `{{ title }} of {{ sender }}, {{ firstDay | date: "%-d %B %Y", 0 }}{% if firstDay != lastDay %} to {{ lastDay | date: "%-d %B %Y", 0 }}{% endif %}, is ready as {{ format | upcase }}:

{{ publicUrl }}/report-mails/files/{{ fileToken }}

The link works for 30 days. Whoever has it can read the report: pass it on with care.
`,
    body: `<mj-text mj-class="title">{{ title }}</mj-text>
<mj-text>The report of {{ firstDay | date: "%-d %B %Y", 0 }}{% if firstDay != lastDay %} to {{ lastDay | date: "%-d %B %Y", 0 }}{% endif %} is ready.</mj-text>
<mj-button href="{{ publicUrl }}/report-mails/files/{{ fileToken }}">Open as {{ format | upcase }}</mj-button>
<mj-text mj-class="soft">The link works for 30 days. Whoever has it can read the report: pass it on with care.</mj-text>`,
  },
  'gift-card': {
    subject: 'A gift card of {{ sender }}: {{ amount | money }}',
    preview: '{{ amount | money }} to spend at {{ sender }}.',
    text: `{% if message %}{{ message }}

{% endif %}Here is a gift card of {{ sender }} for {{ amount | money }}:

{{ code }}

Enter the code when you pay.{% if expiresAt %} It is valid until {{ expiresAt | date: "%-d %B %Y", 0 }}.{% endif %} Whoever has it can spend it: keep it as you keep cash.
`,
    body: `<mj-text mj-class="title">{{ amount | money }} to spend</mj-text>
<mj-text>{% if message %}{{ message }}<br><br>{% endif %}Here is a gift card of {{ sender }}. Enter its code when you pay:</mj-text>
<mj-text mj-class="title">{{ code }}</mj-text>
<mj-text mj-class="soft">{% if expiresAt %}It is valid until {{ expiresAt | date: "%-d %B %Y", 0 }}. {% endif %}Whoever has it can spend it: keep it as you keep cash.</mj-text>`,
  },
  'store-credit': {
    subject: '{{ amount | money }} of credit at {{ sender }}',
    preview: 'It is there when you pay next.',
    text: `Hello {{ name }},

{{ sender }} gave you credit of {{ amount | money }}. You have {{ balance | money }} now, to spend when you pay next.
`,
    body: `<mj-text mj-class="title">{{ amount | money }} of credit</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-text>{{ sender }} gave you credit. You have <b>{{ balance | money }}</b> now, to spend when you pay next.</mj-text>`,
  },
  'credit-ends': {
    subject: '{{ amount | money }} at {{ sender }} end on {{ expiresAt | date: "%-d %B %Y", 0 }}',
    preview: 'Use what is left before then.',
    text: `{% if kind == 'gift_card' %}Your gift card of {{ sender }}{% if tail %} that ends in {{ tail }}{% endif %}{% else %}Your credit at {{ sender }}{% endif %} is good for {{ amount | money }} until {{ expiresAt | date: "%-d %B %Y", 0 }}. What is left then is lost.
`,
    body: `<mj-text mj-class="title">{{ amount | money }} left to spend</mj-text>
<mj-text>{% if kind == 'gift_card' %}Your gift card of {{ sender }}{% if tail %} that ends in {{ tail }}{% endif %}{% else %}Your credit at {{ sender }}{% endif %} is valid until {{ expiresAt | date: "%-d %B %Y", 0 }}. What is left then is lost.</mj-text>`,
  },
};
