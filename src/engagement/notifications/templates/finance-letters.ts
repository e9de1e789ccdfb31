import type { FinanceTemplateData } from '../contracts/finance-messages';
import type { LetterTemplate } from './templates';

/** Letters about an organization's money. */
export const FINANCE_LETTERS: Record<keyof FinanceTemplateData, LetterTemplate> = {
  'finance-report': {
    subject: '{{ title }}, {{ firstDay }}{% if firstDay != lastDay %} to {{ lastDay }}{% endif %}',
    preview: 'The report of {{ sender }} is ready.',
    text: `{{ title }} of {{ sender }}, {{ firstDay }}{% if firstDay != lastDay %} to {{ lastDay }}{% endif %}, is ready as {{ format | upcase }}:

{{ publicUrl }}/report-mails/files/{{ fileToken }}

The link works for 30 days. Whoever has it can read the report: pass it on with care.

Not your business any more? {{ publicUrl }}/report-mails/unsubscribe/{{ unsubscribeToken }}
`,
    html: `<h1>{{ title }}</h1>
<p>The report of {{ firstDay }}{% if firstDay != lastDay %} to {{ lastDay }}{% endif %} is ready.</p>
<p class="action"><a class="button" href="{{ publicUrl }}/report-mails/files/{{ fileToken }}">Open as {{ format | upcase }}</a></p>
<p class="soft">The link works for 30 days. Whoever has it can read the report: pass it on with care.</p>
<p class="soft">Not your business any more? <a href="{{ publicUrl }}/report-mails/unsubscribe/{{ unsubscribeToken }}">Get no further reports</a></p>`,
  },
};
