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
`,
    body: `<mj-text mj-class="title">{{ title }}</mj-text>
<mj-text>The report of {{ firstDay }}{% if firstDay != lastDay %} to {{ lastDay }}{% endif %} is ready.</mj-text>
<mj-button href="{{ publicUrl }}/report-mails/files/{{ fileToken }}">Open as {{ format | upcase }}</mj-button>
<mj-text mj-class="soft">The link works for 30 days. Whoever has it can read the report: pass it on with care.</mj-text>`,
  },
};
