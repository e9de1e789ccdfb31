import type { TemplateData } from '../contracts/send-message';
import type { LetterTemplate } from './templates';

/** Letters to the staff about stock. */
export const STOCK_LETTERS: Record<
  keyof Pick<TemplateData, 'low-stock' | 'out-of-stock' | 'expiring-stock' | 'overstock' | 'stock-digest'>,
  LetterTemplate
> = {
  'low-stock': {
    subject: 'Low stock: {{ name | default: sku }}',
    preview: '{{ available }} left of {{ sku }}, reorder level {{ reorderLevel }}.',
    text: `{{ name | default: sku }} ({{ sku }}) is running low{% if locationName %} at {{ locationName }}{% endif %}.

Available:     {{ available }}
Reorder level: {{ reorderLevel }}
`,
    html: `<h1>Low stock</h1>
<p><b>{{ name | default: sku }}</b> ({{ sku }}) is running low{% if locationName %} at {{ locationName }}{% endif %}.</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>Available</td><td align="right" class="num">{{ available }}</td></tr>
<tr><td>Reorder level</td><td align="right" class="num">{{ reorderLevel }}</td></tr>
</table>`,
  },
  'out-of-stock': {
    subject: 'Out of stock: {{ name | default: sku }}',
    preview: 'Nothing of {{ sku }} can be sold{% if locationName %} at {{ locationName }}{% endif %}.',
    text: `Nothing of {{ name | default: sku }} ({{ sku }}) can be sold any more{% if locationName %} at {{ locationName }}{% endif %}.

Available:     {{ available }}
`,
    html: `<h1>Out of stock</h1>
<p>Nothing of <b>{{ name | default: sku }}</b> ({{ sku }}) can be sold any more{% if locationName %} at {{ locationName }}{% endif %}.</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>Available</td><td align="right" class="num">{{ available }}</td></tr>
</table>`,
  },
  'expiring-stock': {
    subject: 'Expiring: {{ name | default: sku }}{% if lotNumber %}, lot {{ lotNumber }}{% endif %}',
    preview: '{{ onHand }} pieces are not given out from {{ removeAt | slice: 0, 10 }} on.',
    text: `Pieces of {{ name | default: sku }} ({{ sku }}){% if lotNumber %} in lot {{ lotNumber }}{% endif %}{% if locationName %} at {{ locationName }}{% endif %} are near or past their day.

On hand:       {{ onHand }}
Sold until:    {{ removeAt | slice: 0, 10 }}
`,
    html: `<h1>Stock expires</h1>
<p>Pieces of <b>{{ name | default: sku }}</b> ({{ sku }}){% if lotNumber %} in lot {{ lotNumber }}{% endif %}{% if locationName %} at {{ locationName }}{% endif %} are near or past their day.</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>On hand</td><td align="right" class="num">{{ onHand }}</td></tr>
<tr><td>Sold until</td><td align="right" class="num">{{ removeAt | slice: 0, 10 }}</td></tr>
</table>`,
  },
  'stock-digest': {
    subject: 'Stock on {{ day }}: {{ open }} open alert{% if open != 1 %}s{% endif %}',
    preview: '{{ out_of_stock }} sold out, {{ low_stock }} low, {{ expiring }} expiring, {{ overstock }} too many.',
    text: `What is open about the stock on {{ day }}:

Sold out:      {{ out_of_stock }}
Low:           {{ low_stock }}
Expiring:      {{ expiring }}
Too many:      {{ overstock }}
{% if expiringValue.size > 0 %}Expiring within 30 days, at cost: {% for value in expiringValue %}{% unless forloop.first %}, {% endunless %}{{ value | money }}{% endfor %}
{% endif %}{{ unacknowledged }} of them nobody took on yet.

{% for alert in alerts %}- {{ alert.sku }}{% if alert.lotNumber %}, lot {{ alert.lotNumber }}{% endif %}, {{ alert.locationName }}: {% case alert.kind %}{% when 'out_of_stock' %}sold out{% when 'low_stock' %}low, {{ alert.available }} left{% when 'expiring' %}{{ alert.onHand }} sold until {{ alert.removeAt | slice: 0, 10 }}{% else %}{{ alert.onHand }} lie there{% endcase %}{% if alert.acknowledged %} (taken on){% endif %}
{% endfor %}{% if more > 0 %}... and {{ more }} more.
{% endif %}`,
    html: `<h1>Stock on {{ day }}</h1>
<p>{{ open }} open alert{% if open != 1 %}s{% endif %}, {{ unacknowledged }} of them nobody took on yet.</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>Sold out</td><td align="right" class="num">{{ out_of_stock }}</td></tr>
<tr><td>Low</td><td align="right" class="num">{{ low_stock }}</td></tr>
<tr><td>Expiring</td><td align="right" class="num">{{ expiring }}</td></tr>
<tr><td>Too many</td><td align="right" class="num">{{ overstock }}</td></tr>
{% for value in expiringValue %}<tr><td>Expiring within 30 days, at cost</td><td align="right" class="num">{{ value | money }}</td></tr>
{% endfor %}</table>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
{% for alert in alerts %}<tr><td><b>{{ alert.sku }}</b>{% if alert.lotNumber %}, lot {{ alert.lotNumber }}{% endif %}, {{ alert.locationName }}{% if alert.acknowledged %} (taken on){% endif %}</td><td align="right" class="num">{% case alert.kind %}{% when 'out_of_stock' %}sold out{% when 'low_stock' %}low, {{ alert.available }} left{% when 'expiring' %}{{ alert.onHand }} sold until {{ alert.removeAt | slice: 0, 10 }}{% else %}{{ alert.onHand }} lie there{% endcase %}</td></tr>
{% endfor %}</table>
{% if more > 0 %}<p>... and {{ more }} more.</p>{% endif %}`,
  },
  overstock: {
    subject: 'Too much stock: {{ name | default: sku }}',
    preview: '{{ onHand }} of {{ sku }} lie there, more than {{ overstockLevel }}.',
    text: `More of {{ name | default: sku }} ({{ sku }}) lies there than it should{% if locationName %} at {{ locationName }}{% endif %}.

On hand:       {{ onHand }}
At most:       {{ overstockLevel }}
`,
    html: `<h1>Too much stock</h1>
<p>More of <b>{{ name | default: sku }}</b> ({{ sku }}) lies there than it should{% if locationName %} at {{ locationName }}{% endif %}.</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>On hand</td><td align="right" class="num">{{ onHand }}</td></tr>
<tr><td>At most</td><td align="right" class="num">{{ overstockLevel }}</td></tr>
</table>`,
  },
};
