import type { OrderTemplateData } from '../contracts/order-messages';
import type { LetterTemplate } from './templates';

const ITEMS_TEXT = `{% for line in lines %}{{ line.quantity }} × {{ line.name }} ({{ line.sku }})
{% endfor %}`;
const ITEMS_HTML = `<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
{% for line in lines %}<tr><td>{{ line.name }}<br><span class="soft">{{ line.sku }}</span></td><td align="right" class="num">{{ line.quantity }}</td></tr>
{% endfor %}</table>`;

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
    html: `<h1>{% if complete %}Your order is on its way{% else %}A part of your order is on its way{% endif %}</h1>
<p>From order <b>{{ number }}</b>{% unless complete %}; the rest follows{% endunless %}:</p>
${ITEMS_HTML}
{% if carrier or trackingNumber %}<p>{% if carrier %}Carrier: {{ carrier }}<br>{% endif %}{% if trackingNumber %}Tracking number: <b>{{ trackingNumber }}</b>{% endif %}</p>{% endif %}
{% if trackingUrl %}<p class="action"><a class="button" href="{{ trackingUrl }}">Follow the parcel</a></p>{% endif %}`,
  },
  'payment-reminder': {
    subject: 'Your order {{ number }} is not paid yet',
    preview: 'The payment of {{ total | money }} did not work. You can still pay.',
    text: `The payment of your order {{ number }} at {{ sender }} over {{ total | money }} did not work:

${ITEMS_TEXT}
Your order waits a little longer. Go back to the shop to pay it with another card or another way of paying; what nobody
pays is given up by itself, and nothing is charged then.
`,
    html: `<h1>Your order is not paid yet</h1>
<p>The payment of order <b>{{ number }}</b> over {{ total | money }} did not work.</p>
${ITEMS_HTML}
<p class="soft">Your order waits a little longer. Go back to the shop to pay it with another card or another way of paying; what nobody pays is given up by itself, and nothing is charged then.</p>`,
  },
  'order-lines-cancelled': {
    subject: 'A part of your order {{ number }} was cancelled',
    preview: '{% if refund %}{{ refund | money }} goes back to you.{% else %}Some goods will not come.{% endif %}',
    text: `These goods of your order {{ number }} at {{ sender }} will not come:

${ITEMS_TEXT}
{% if refund %}{{ refund | money }} goes back the way you paid it.
{% endif %}The rest of your order is not touched by this.
`,
    html: `<h1>A part of your order was cancelled</h1>
<p>These goods of order <b>{{ number }}</b> will not come:</p>
${ITEMS_HTML}
{% if refund %}<p><b>{{ refund | money }}</b> goes back the way you paid it.</p>{% endif %}
<p class="soft">The rest of your order is not touched by this.</p>`,
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
    html: `<h1>What you waited for is here</h1>
<p>These goods of order <b>{{ number }}</b> arrived with us:</p>
${ITEMS_HTML}
<p class="soft">{% if waiting > 0 %}We still wait for {{ waiting }} more, and write to you when they are here.{% else %}Nothing is missing any more. We write to you when your parcel leaves.{% endif %}</p>`,
  },
  quote: {
    subject: 'Our offer {{ number }} over {{ total | money }}',
    preview: 'It holds until {{ validUntil | slice: 0, 10 }}.',
    text: `{{ sender }} offers you:

${ITEMS_TEXT}
Together {{ total | money }}, until {{ validUntil | slice: 0, 10 }}. See it, accept it or decline it here:

{{ publicUrl }}/api/v1/quote-links/{{ linkToken }}
`,
    html: `<h1>Our offer {{ number }}</h1>
<p>{{ sender }} offers you, until <b>{{ validUntil | slice: 0, 10 }}</b>:</p>
${ITEMS_HTML}
<p>Together <b>{{ total | money }}</b>.</p>
<p class="action"><a class="button" href="{{ publicUrl }}/api/v1/quote-links/{{ linkToken }}">See the offer</a></p>
<p class="soft">Whoever has this link can accept the offer. Nothing is charged by that.</p>`,
  },
  'return-updated': {
    subject:
      'Return {{ returnNumber }}: {% case state %}{% when "approved" %}please send the goods{% when "rejected" %}not accepted{% when "received" %}your goods arrived{% when "refunded" %}your money is on its way{% endcase %}',
    preview: 'About the goods of order {{ number }} that you return.',
    text: `{% case state %}{% when "approved" %}Your return is accepted. Please send us the goods with the number {{ returnNumber }} on the parcel.{% when "rejected" %}We cannot take these goods back.{% when "received" %}Your goods arrived. We look at them and then give your money back.{% when "refunded" %}{{ refund | money }} went back the way you paid it.{% endcase %}

Return {{ returnNumber }} of order {{ number }} at {{ sender }}:

${ITEMS_TEXT}`,
    html: `<h1>{% case state %}{% when "approved" %}Please send us the goods{% when "rejected" %}We cannot take these goods back{% when "received" %}Your goods arrived{% when "refunded" %}Your money is on its way{% endcase %}</h1>
<p>{% case state %}{% when "approved" %}Your return is accepted. Please write <b>{{ returnNumber }}</b> on the parcel.{% when "rejected" %}Your return <b>{{ returnNumber }}</b> is not accepted.{% when "received" %}We look at them and then give your money back.{% when "refunded" %}<b>{{ refund | money }}</b> went back the way you paid it.{% endcase %}</p>
${ITEMS_HTML}
<p class="soft">Return {{ returnNumber }} of order {{ number }}.</p>`,
  },
};
