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
  'confirm-payment': {
    subject: 'Please confirm your payment of {{ amount | money }}',
    preview: 'Your bank asks you to confirm it; until then nothing is charged.',
    text: `{{ sender }} charged a way to pay that you let it keep, and your bank wants to be sure that it is you.

Amount: {{ amount | money }}

Confirm the payment: {{ publicUrl }}/api/v1/payments/{{ paymentId }}/continue

Until then nothing is charged. If you did not expect this, do nothing and ask the shop.
`,
    html: `<h1>Please confirm your payment</h1>
<p>{{ sender }} charged a way to pay that you let it keep, and your bank wants to be sure that it is you.</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>Amount</td><td align="right" class="num">{{ amount | money }}</td></tr>
</table>
<p><a class="button" href="{{ publicUrl }}/api/v1/payments/{{ paymentId }}/continue">Confirm the payment</a></p>
<p class="soft">Until then nothing is charged. If you did not expect this, do nothing and ask the shop.</p>`,
  },
  'payment-review': {
    subject:
      '{% if overdue %}Still to be decided: a payment of {{ amount | money }}{% else %}A payment of {{ amount | money }} waits for your decision{% endif %}',
    preview: 'Decide by {{ due }}; it is rejected by itself at {{ rejected }}.',
    text: `{% if overdue %}Nobody has decided about this payment yet.{% else %}A payment at {{ sender }} looks unusual. Its money is reserved, and its order waits.{% endif %}

Amount:    {{ amount | money }}
{% for reason in reasons %}Reason:    {{ reason }}
{% endfor %}Decide by: {{ due }}
Rejected by itself: {{ rejected }}

Approve it to take the money and send the goods; reject it to let the money go and end the order.

Review {{ reviewId }}
`,
    html: `<h1>{% if overdue %}Still to be decided{% else %}A payment waits for your decision{% endif %}</h1>
<p>{% if overdue %}Nobody has decided about this payment yet.{% else %}This payment looks unusual. Its money is reserved, and its order waits.{% endif %}</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>Amount</td><td align="right" class="num">{{ amount | money }}</td></tr>
{% for reason in reasons %}<tr><td colspan="2">{{ reason }}</td></tr>
{% endfor %}<tr><td>Decide by</td><td align="right">{{ due }}</td></tr>
<tr><td>Rejected by itself</td><td align="right">{{ rejected }}</td></tr>
</table>
<p>Approve it to take the money and send the goods; reject it to let the money go and end the order.</p>
<p class="soft">Review {{ reviewId }}</p>`,
  },
};
