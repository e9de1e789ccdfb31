import type { PaymentTemplateData } from '../contracts/payment-messages';
import type { LetterTemplate } from './templates';

/** Letters to the staff of a shop about its payments. */
export const PAYMENT_LETTERS: Record<keyof PaymentTemplateData, LetterTemplate> = {
  dispute: {
    subject:
      '{% if hoursLeft %}{{ hoursLeft }} hours left to answer a dispute over {{ amount | money }}{% else %}A payment of {{ amount | money }} is disputed{% endif %}',
    preview:
      '{% if until %}Answer until {{ until | date: "%-d %B %Y, %H:%M", 0 }} UTC.{% else %}No answer is taken.{% endif %}',
    text: `{% if hoursLeft %}Nobody has answered this dispute yet, and its time is nearly over.{% else %}A shopper disputes a payment at {{ sender }}.{% endif %}

Amount:   {{ amount | money }}
Reason:   {{ reason }}
Provider: {{ provider }}
{% if until %}Answer until: {{ until | date: "%-d %B %Y, %H:%M", 0 }} UTC

Hand in what speaks for you, or accept it; what nobody answers is lost.
{% endif %}
Dispute {{ disputeId }}
`,
    body: `<mj-text mj-class="title">{% if hoursLeft %}{{ hoursLeft }} hours left to answer{% else %}A payment is disputed{% endif %}</mj-text>
<mj-text>{% if hoursLeft %}Nobody has answered this dispute yet, and its time is nearly over.{% else %}A shopper disputes a payment.{% endif %}</mj-text>
<mj-table>
<tr><td>Amount</td><td class="num">{{ amount | money }}</td></tr>
<tr><td>Reason</td><td class="right">{{ reason }}</td></tr>
<tr><td>Provider</td><td class="right">{{ provider }}</td></tr>
{% if until %}<tr><td>Answer until</td><td class="right">{{ until | date: "%-d %B %Y, %H:%M", 0 }} UTC</td></tr>{% endif %}
</mj-table>
{% if until %}<mj-text>Hand in what speaks for you, or accept it; what nobody answers is lost.</mj-text>{% endif %}
<mj-text mj-class="soft">Dispute {{ disputeId }}</mj-text>`,
  },
  'confirm-payment': {
    subject: 'Please confirm your payment of {{ amount | money }}',
    preview: 'Your bank asks you to confirm it; until then nothing is charged.',
    text: `{{ sender }} charged a way to pay that you let it keep, and your bank wants to be sure that it is you.

Amount: {{ amount | money }}

Confirm the payment: {{ publicUrl }}/api/v1/payments/{{ paymentId }}/continue

Until then nothing is charged. If you did not expect this, do nothing and ask the shop.
`,
    body: `<mj-text mj-class="title">Please confirm your payment</mj-text>
<mj-text>{{ sender }} charged a way to pay that you let it keep, and your bank wants to be sure that it is you.</mj-text>
<mj-table>
<tr><td>Amount</td><td class="num">{{ amount | money }}</td></tr>
</mj-table>
<mj-button href="{{ publicUrl }}/api/v1/payments/{{ paymentId }}/continue">Confirm the payment</mj-button>
<mj-text mj-class="soft">Until then nothing is charged. If you did not expect this, do nothing and ask the shop.</mj-text>`,
  },
  'payment-review': {
    subject:
      '{% if overdue %}Still to be decided: a payment of {{ amount | money }}{% else %}A payment of {{ amount | money }} waits for your decision{% endif %}',
    preview:
      'Decide by {{ due | date: "%-d %B %Y, %H:%M", 0 }} UTC; it is rejected by itself at {{ rejected | date: "%-d %B %Y, %H:%M", 0 }} UTC.',
    text: `{% if overdue %}Nobody has decided about this payment yet.{% else %}A payment at {{ sender }} looks unusual. Its money is reserved, and its order waits.{% endif %}

Amount:    {{ amount | money }}
{% for reason in reasons %}Reason:    {{ reason }}
{% endfor %}Decide by: {{ due | date: "%-d %B %Y, %H:%M", 0 }} UTC
Rejected by itself: {{ rejected | date: "%-d %B %Y, %H:%M", 0 }} UTC

Approve it to take the money and send the goods; reject it to let the money go and end the order.

Review {{ reviewId }}
`,
    body: `<mj-text mj-class="title">{% if overdue %}Still to be decided{% else %}A payment waits for your decision{% endif %}</mj-text>
<mj-text>{% if overdue %}Nobody has decided about this payment yet.{% else %}This payment looks unusual. Its money is reserved, and its order waits.{% endif %}</mj-text>
<mj-table>
<tr><td>Amount</td><td class="num">{{ amount | money }}</td></tr>
{% for reason in reasons %}<tr><td colspan="2">{{ reason }}</td></tr>
{% endfor %}<tr><td>Decide by</td><td class="right">{{ due | date: "%-d %B %Y, %H:%M", 0 }} UTC</td></tr>
<tr><td>Rejected by itself</td><td class="right">{{ rejected | date: "%-d %B %Y, %H:%M", 0 }} UTC</td></tr>
</mj-table>
<mj-text>Approve it to take the money and send the goods; reject it to let the money go and end the order.</mj-text>
<mj-text mj-class="soft">Review {{ reviewId }}</mj-text>`,
  },
};
