import type { OrderTemplateData } from '../contracts/order-messages';
import type { LetterTemplate } from './templates';

const ITEMS_TEXT = `{% for line in lines %}{{ line.quantity }} × {{ line.name }} ({{ line.sku }})
{% endfor %}`;
const ITEMS_HTML = `<mj-table>
{% for line in lines %}<tr><td>{{ line.quantity }} × {{ line.name }}<br><span class="soft">{{ line.sku }}</span></td></tr>
{% endfor %}</mj-table>`;

const PRICED_TEXT = `{% for line in lines %}{{ line.quantity }} × {{ line.name }} ({{ line.sku }}): {{ line.total | money }}
{% endfor %}`;
const pricedHtml = (sums: string): string => `<mj-table>
{% for line in lines %}<tr><td>{{ line.quantity }} × {{ line.name }}<br><span class="soft">{{ line.sku }}</span></td><td class="num">{{ line.total | money }}</td></tr>
{% endfor %}${sums}</mj-table>`;
const sumRow = (label: string, sum: string): string => `<tr><td>${label}</td><td class="num">${sum}</td></tr>\n`;
const PAY_TEXT = `{% if payUntil %}Please pay {{ due | money }} by {{ payUntil | date: "%-d %B %Y, %H:%M", 0 }} UTC: go back to the shop and open order {{ number }}.
What nobody pays is given up by itself, and nothing is charged then.
{% else %}There is nothing to pay for it.
{% endif %}`;
const PAY_HTML = `{% if payUntil %}<mj-text>Please pay <b>{{ due | money }}</b> by <b>{{ payUntil | date: "%-d %B %Y, %H:%M", 0 }} UTC</b>: go back to the shop and open order <b>{{ number }}</b>.</mj-text>
<mj-text mj-class="soft">What nobody pays is given up by itself, and nothing is charged then.</mj-text>{% else %}<mj-text>There is nothing to pay for it.</mj-text>{% endif %}`;

/** Letters about the way of an order: parcels, what will not come, and what comes back. */
export const ORDER_LETTERS: Record<keyof OrderTemplateData, LetterTemplate> = {
  'order-shipped': {
    subject:
      '{% if complete %}Your order {{ number }} is on its way{% else %}A part of your order {{ number }} is on its way{% endif %}',
    preview: '{% if trackingNumber %}Tracking number {{ trackingNumber }}.{% else %}It left our house.{% endif %}',
    text: `{% if complete %}Your order {{ number }} at {{ sender }} is on its way:{% else %}A part of your order {{ number }} at {{ sender }} is on its way; the rest follows:{% endif %}

${ITEMS_TEXT}
{% if carrier %}Carrier: {{ carrier }}
{% endif %}{% if trackingNumber %}Tracking number: {{ trackingNumber }}
{% endif %}{% if trackingUrl %}Follow it: {{ trackingUrl }}
{% endif %}`,
    body: `<mj-text mj-class="title">{% if complete %}Your order is on its way{% else %}A part of your order is on its way{% endif %}</mj-text>
<mj-text>From order <b>{{ number }}</b>{% unless complete %}; the rest follows{% endunless %}:</mj-text>
${ITEMS_HTML}
{% if carrier or trackingNumber %}<mj-text>{% if carrier %}Carrier: {{ carrier }}<br>{% endif %}{% if trackingNumber %}Tracking number: <b>{{ trackingNumber }}</b>{% endif %}</mj-text>{% endif %}
{% if trackingUrl %}<mj-button href="{{ trackingUrl }}">Follow the parcel</mj-button>{% endif %}`,
  },
  'payment-reminder': {
    subject: 'Your order {{ number }} is not paid yet',
    preview: 'The payment of {{ total | money }} did not work. You can still pay.',
    text: `The payment of your order {{ number }} at {{ sender }} over {{ total | money }} did not work:

${ITEMS_TEXT}
Your order waits a little longer. Go back to the shop to pay it with another card or another way of paying; what nobody
pays is given up by itself, and nothing is charged then.
`,
    body: `<mj-text mj-class="title">Your order is not paid yet</mj-text>
<mj-text>The payment of order <b>{{ number }}</b> over {{ total | money }} did not work.</mj-text>
${ITEMS_HTML}
<mj-text mj-class="soft">Your order waits a little longer. Go back to the shop to pay it with another card or another way of paying; what nobody pays is given up by itself, and nothing is charged then.</mj-text>`,
  },
  'order-lines-cancelled': {
    subject: 'A part of your order {{ number }} was cancelled',
    preview: '{% if refund %}{{ refund | money }} goes back to you.{% else %}Some goods will not come.{% endif %}',
    text: `These goods of your order {{ number }} at {{ sender }} will not come:

${ITEMS_TEXT}
{% if refund %}{{ refund | money }} goes back the way you paid it.
{% endif %}The rest of your order is not touched by this.
`,
    body: `<mj-text mj-class="title">A part of your order was cancelled</mj-text>
<mj-text>These goods of order <b>{{ number }}</b> will not come:</mj-text>
${ITEMS_HTML}
{% if refund %}<mj-text><b>{{ refund | money }}</b> goes back the way you paid it.</mj-text>{% endif %}
<mj-text mj-class="soft">The rest of your order is not touched by this.</mj-text>`,
  },
  'backorder-allocated': {
    subject: 'What you waited for is here: order {{ number }}',
    preview:
      '{% if waiting > 0 %}A part of it is here; the rest is still on its way to us.{% else %}Everything is here and leaves soon.{% endif %}',
    text: `These goods of your order {{ number }} at {{ sender }} arrived with us:

${ITEMS_TEXT}
{% if waiting > 0 %}We still wait for {{ waiting }} more, and write to you when they are here.
{% else %}Nothing is missing any more. We write to you when your parcel leaves.
{% endif %}`,
    body: `<mj-text mj-class="title">What you waited for is here</mj-text>
<mj-text>These goods of order <b>{{ number }}</b> arrived with us:</mj-text>
${ITEMS_HTML}
<mj-text mj-class="soft">{% if waiting > 0 %}We still wait for {{ waiting }} more, and write to you when they are here.{% else %}Nothing is missing any more. We write to you when your parcel leaves.{% endif %}</mj-text>`,
  },
  'order-added': {
    subject:
      '{% if payUntil %}Added to your order {{ addedTo }}: {{ due | money }} to pay{% else %}Added to your order {{ addedTo }}{% endif %}',
    preview: 'What was added is order {{ number }}.',
    text: `These goods were added to your order {{ addedTo }} at {{ sender }}. They are order {{ number }}:

${PRICED_TEXT}{% if shipping.amount > 0 %}Shipping: {{ shipping | money }}
{% endif %}{% if tax %}Tax: {{ tax | money }}
{% endif %}Together: {{ due | money }}

${PAY_TEXT}Your order {{ addedTo }} stays as it is.
`,
    body: `<mj-text mj-class="title">Added to your order</mj-text>
<mj-text>These goods were added to order <b>{{ addedTo }}</b>. They are order <b>{{ number }}</b>:</mj-text>
${pricedHtml(`{% if shipping.amount > 0 %}${sumRow('Shipping', '{{ shipping | money }}')}{% endif %}{% if tax %}${sumRow('Tax', '{{ tax | money }}')}{% endif %}${sumRow('<b>Together</b>', '<b>{{ due | money }}</b>')}`)}
${PAY_HTML}
<mj-text mj-class="soft">Your order {{ addedTo }} stays as it is.</mj-text>`,
  },
  'return-exchanged': {
    subject:
      'Exchange for return {{ returnNumber }}: {% if payUntil %}{{ due | money }} to pay{% elsif back %}{{ back | money }} goes back to you{% else %}order {{ number }}{% endif %}',
    preview: 'Other goods come for those that you sent back from order {{ returnedFrom }}.',
    text: `For the goods of order {{ returnedFrom }} that you sent back (return {{ returnNumber }}), {{ sender }} sends you others. They are order {{ number }}:

${PRICED_TEXT}Together, with taxes: {{ worth | money }}
What you sent back: −{{ traded | money }}
To pay: {{ due | money }}

${PAY_TEXT}{% if back %}What you sent back was worth more: {{ back | money }} goes back the way you paid it.
{% endif %}`,
    body: `<mj-text mj-class="title">Other goods come for what you sent back</mj-text>
<mj-text>For the goods of order <b>{{ returnedFrom }}</b> that you sent back (return {{ returnNumber }}) we send you others. They are order <b>{{ number }}</b>:</mj-text>
${pricedHtml(`${sumRow('Together, with taxes', '{{ worth | money }}')}${sumRow('What you sent back', '−{{ traded | money }}')}${sumRow('<b>To pay</b>', '<b>{{ due | money }}</b>')}`)}
${PAY_HTML}
{% if back %}<mj-text>What you sent back was worth more: <b>{{ back | money }}</b> goes back the way you paid it.</mj-text>{% endif %}`,
  },
  quote: {
    subject: 'Our offer {{ number }} over {{ total | money }}',
    preview: 'It holds until {{ validUntil | date: "%-d %B %Y", 0 }}.',
    text: `{{ sender }} offers you:

${ITEMS_TEXT}
Together {{ total | money }}, until {{ validUntil | date: "%-d %B %Y", 0 }}. See it, accept it or decline it here:

{{ publicUrl }}/api/v1/quote-links/{{ linkToken }}
`,
    body: `<mj-text mj-class="title">Our offer {{ number }}</mj-text>
<mj-text>{{ sender }} offers you, until <b>{{ validUntil | date: "%-d %B %Y", 0 }}</b>:</mj-text>
${ITEMS_HTML}
<mj-text>Together <b>{{ total | money }}</b>.</mj-text>
<mj-button href="{{ publicUrl }}/api/v1/quote-links/{{ linkToken }}">See the offer</mj-button>
<mj-text mj-class="soft">Whoever has this link can accept the offer. Nothing is charged by that.</mj-text>`,
  },
  'return-updated': {
    subject:
      'Return {{ returnNumber }}: {% case state %}{% when "approved" %}please send the goods{% when "rejected" %}not accepted{% when "received" %}your goods arrived{% when "refunded" %}your money is on its way{% endcase %}',
    preview: 'About the goods of order {{ number }} that you return.',
    text: `{% case state %}{% when "approved" %}Your return is accepted. Please send us the goods with the number {{ returnNumber }} on the parcel.{% when "rejected" %}We cannot take these goods back.{% when "received" %}Your goods arrived. We look at them and then give your money back.{% when "refunded" %}{{ refund | money }} went back the way you paid it.{% endcase %}

Return {{ returnNumber }} of order {{ number }} at {{ sender }}:

${ITEMS_TEXT}`,
    body: `<mj-text mj-class="title">{% case state %}{% when "approved" %}Please send us the goods{% when "rejected" %}We cannot take these goods back{% when "received" %}Your goods arrived{% when "refunded" %}Your money is on its way{% endcase %}</mj-text>
<mj-text>{% case state %}{% when "approved" %}Your return is accepted. Please write <b>{{ returnNumber }}</b> on the parcel.{% when "rejected" %}Your return <b>{{ returnNumber }}</b> is not accepted.{% when "received" %}We look at them and then give your money back.{% when "refunded" %}<b>{{ refund | money }}</b> went back the way you paid it.{% endcase %}</mj-text>
${ITEMS_HTML}
<mj-text mj-class="soft">Return {{ returnNumber }} of order {{ number }}.</mj-text>`,
  },
};
