import type { PaymentTemplateData } from '../contracts/payment-messages';
import type { LetterTemplate } from './templates';

/** Letters to the staff of a shop about its payments. */
export const PAYMENT_LETTERS: Record<keyof PaymentTemplateData, LetterTemplate> = {
  dispute: {
    subject:
      '{% if hoursLeft %}{{ hoursLeft }} hours left to answer a dispute over {{ amount | money }}{% else %}A payment of {{ amount | money }} is disputed{% endif %}',
    preview: '{% if until %}Answer until {{ until }}.{% else %}No answer is taken.{% endif %}',
    text: `{% if hoursLeft %}Nobody has answered this dispute yet, and its time is nearly over.{% else %}A shopper disputes a payment at {{ sender }}.{% endif %}

Amount:   {{ amount | money }}
Reason:   {{ reason }}
Provider: {{ provider }}
{% if until %}Answer until: {{ until }}

Hand in what speaks for you, or accept it; what nobody answers is lost.
{% endif %}
Dispute {{ disputeId }}
`,
    html: `<h1>{% if hoursLeft %}{{ hoursLeft }} hours left to answer{% else %}A payment is disputed{% endif %}</h1>
<p>{% if hoursLeft %}Nobody has answered this dispute yet, and its time is nearly over.{% else %}A shopper disputes a payment.{% endif %}</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>Amount</td><td align="right" class="num">{{ amount | money }}</td></tr>
<tr><td>Reason</td><td align="right">{{ reason }}</td></tr>
<tr><td>Provider</td><td align="right">{{ provider }}</td></tr>
{% if until %}<tr><td>Answer until</td><td align="right">{{ until }}</td></tr>{% endif %}
</table>
{% if until %}<p>Hand in what speaks for you, or accept it; what nobody answers is lost.</p>{% endif %}
<p class="soft">Dispute {{ disputeId }}</p>`,
  },
};
