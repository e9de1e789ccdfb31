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
    text: `{{ name | default: sku }}{% if name %} ({{ sku }}){% endif %} is running low{% if locationName %} at {{ locationName }}{% endif %}.

Available:     {{ available }}
Reorder level: {{ reorderLevel }}
`,
    body: `<mj-text mj-class="title">Low stock</mj-text>
<mj-text><b>{{ name | default: sku }}</b>{% if name %} ({{ sku }}){% endif %} is running low{% if locationName %} at {{ locationName }}{% endif %}.</mj-text>
<mj-table>
<tr><td>Available</td><td class="num">{{ available }}</td></tr>
<tr><td>Reorder level</td><td class="num">{{ reorderLevel }}</td></tr>
</mj-table>`,
  },
  'out-of-stock': {
    subject: 'Out of stock: {{ name | default: sku }}',
    preview: 'Nothing of {{ sku }} can be sold{% if locationName %} at {{ locationName }}{% endif %}.',
    text: `Nothing of {{ name | default: sku }}{% if name %} ({{ sku }}){% endif %} can be sold any more{% if locationName %} at {{ locationName }}{% endif %}.

Available:     {{ available }}
`,
    body: `<mj-text mj-class="title">Out of stock</mj-text>
<mj-text>Nothing of <b>{{ name | default: sku }}</b>{% if name %} ({{ sku }}){% endif %} can be sold any more{% if locationName %} at {{ locationName }}{% endif %}.</mj-text>
<mj-table>
<tr><td>Available</td><td class="num">{{ available }}</td></tr>
</mj-table>`,
  },
  'expiring-stock': {
    subject: 'Expiring: {{ name | default: sku }}{% if lotNumber %}, lot {{ lotNumber }}{% endif %}',
    preview: '{{ onHand }} pieces are not given out from {{ removeAt | date: "%-d %B %Y", 0 }} on.',
    text: `Pieces of {{ name | default: sku }}{% if name %} ({{ sku }}){% endif %}{% if lotNumber %} in lot {{ lotNumber }}{% endif %}{% if locationName %} at {{ locationName }}{% endif %} are near or past their day.

On hand:       {{ onHand }}
Sold until:    {{ removeAt | date: "%-d %B %Y", 0 }}
`,
    body: `<mj-text mj-class="title">Stock expires</mj-text>
<mj-text>Pieces of <b>{{ name | default: sku }}</b>{% if name %} ({{ sku }}){% endif %}{% if lotNumber %} in lot {{ lotNumber }}{% endif %}{% if locationName %} at {{ locationName }}{% endif %} are near or past their day.</mj-text>
<mj-table>
<tr><td>On hand</td><td class="num">{{ onHand }}</td></tr>
<tr><td>Sold until</td><td class="num">{{ removeAt | date: "%-d %B %Y", 0 }}</td></tr>
</mj-table>`,
  },
  'stock-digest': {
    subject: 'Stock on {{ day | date: "%-d %B %Y", 0 }}: {{ open }} open alert{% if open != 1 %}s{% endif %}',
    preview: '{{ out_of_stock }} sold out, {{ low_stock }} low, {{ expiring }} expiring, {{ overstock }} too many.',
    text: `What is open about the stock on {{ day | date: "%-d %B %Y", 0 }}:

Sold out:      {{ out_of_stock }}
Low:           {{ low_stock }}
Expiring:      {{ expiring }}
Too many:      {{ overstock }}
{% if expiringValue.size > 0 %}Expiring within 30 days, at cost: {% for value in expiringValue %}{% unless forloop.first %}, {% endunless %}{{ value | money }}{% endfor %}
{% endif %}{{ unacknowledged }} of them nobody took on yet.

{% for alert in alerts %}- {{ alert.sku }}{% if alert.lotNumber %}, lot {{ alert.lotNumber }}{% endif %}, {{ alert.locationName }}: {% case alert.kind %}{% when 'out_of_stock' %}sold out{% when 'low_stock' %}low, {{ alert.available }} left{% when 'expiring' %}{{ alert.onHand }} sold until {{ alert.removeAt | date: "%-d %B %Y", 0 }}{% else %}{{ alert.onHand }} lie there{% endcase %}{% if alert.acknowledged %} (taken on){% endif %}
{% endfor %}{% if more > 0 %}... and {{ more }} more.
{% endif %}`,
    body: `<mj-text mj-class="title">Stock on {{ day | date: "%-d %B %Y", 0 }}</mj-text>
<mj-text>{{ open }} open alert{% if open != 1 %}s{% endif %}, {{ unacknowledged }} of them nobody took on yet.</mj-text>
<mj-table>
<tr><td>Sold out</td><td class="num">{{ out_of_stock }}</td></tr>
<tr><td>Low</td><td class="num">{{ low_stock }}</td></tr>
<tr><td>Expiring</td><td class="num">{{ expiring }}</td></tr>
<tr><td>Too many</td><td class="num">{{ overstock }}</td></tr>
{% for value in expiringValue %}<tr><td>Expiring within 30 days, at cost</td><td class="num">{{ value | money }}</td></tr>
{% endfor %}</mj-table>
<mj-table>
{% for alert in alerts %}<tr><td><b>{{ alert.sku }}</b>{% if alert.lotNumber %}, lot {{ alert.lotNumber }}{% endif %}, {{ alert.locationName }}{% if alert.acknowledged %} (taken on){% endif %}</td><td class="right">{% case alert.kind %}{% when 'out_of_stock' %}sold out{% when 'low_stock' %}low, {{ alert.available }} left{% when 'expiring' %}{{ alert.onHand }} sold until {{ alert.removeAt | date: "%-d %B %Y", 0 }}{% else %}{{ alert.onHand }} lie there{% endcase %}</td></tr>
{% endfor %}</mj-table>
{% if more > 0 %}<mj-text>... and {{ more }} more.</mj-text>{% endif %}`,
  },
  overstock: {
    subject: 'Too much stock: {{ name | default: sku }}',
    preview: '{{ onHand }} of {{ sku }} lie there, more than {{ overstockLevel }}.',
    text: `More of {{ name | default: sku }}{% if name %} ({{ sku }}){% endif %} lies there than it should{% if locationName %} at {{ locationName }}{% endif %}.

On hand:       {{ onHand }}
At most:       {{ overstockLevel }}
`,
    body: `<mj-text mj-class="title">Too much stock</mj-text>
<mj-text>More of <b>{{ name | default: sku }}</b>{% if name %} ({{ sku }}){% endif %} lies there than it should{% if locationName %} at {{ locationName }}{% endif %}.</mj-text>
<mj-table>
<tr><td>On hand</td><td class="num">{{ onHand }}</td></tr>
<tr><td>At most</td><td class="num">{{ overstockLevel }}</td></tr>
</mj-table>`,
  },
};
