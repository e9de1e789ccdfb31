import type { NoticeTemplateData } from '../contracts/notice-messages';
import type { LetterTemplate } from './templates';

const HREF = `{% if link contains '://' %}{{ link }}{% else %}{{ publicUrl }}{{ link }}{% endif %}`;
const ITEM_HREF = `{% if item.link contains '://' %}{{ item.link }}{% else %}{{ publicUrl }}{{ item.link }}{% endif %}`;
const WROTE = `{{ author }} {% if mention %}mentioned you{% else %}wrote{% endif %} in {{ room }}`;

/** Letters about nothing in particular: notices, digests, and what was written in chats. */
export const NOTICE_LETTERS: Record<keyof NoticeTemplateData, LetterTemplate> = {
  notice: {
    subject: '{{ title }}',
    preview: '{{ body | truncate: 120 }}',
    text: `{{ body }}
{% if link %}
{{ linkLabel | default: "See more" }}: ${HREF}
{% endif %}`,
    body: `<mj-text mj-class="title">{{ title }}</mj-text>
<mj-text>{{ body | escape | newline_to_br | raw }}</mj-text>
{% if link %}<mj-button href="${HREF}">{{ linkLabel | default: "See more" }}</mj-button>{% endif %}`,
    sms: '{{ sender }}: {{ title }}{% if link %} ' + HREF + '{% endif %}',
    push: { title: '{{ title }}', body: '{{ body | truncate: 240 }}', link: '{{ link }}' },
  },
  digest: {
    subject: '{{ count }} notification{% if count != 1 %}s{% endif %} from {{ sender }}',
    preview: '{{ items[0].title }}{% if count > 1 %}, and {{ count | minus: 1 }} more{% endif %}',
    text: `What happened at {{ sender }}:

{% for item in items %}- {{ item.title }}
{% if item.body != '' %}  {{ item.body }}
{% endif %}{% if item.link %}  ${ITEM_HREF}
{% endif %}{% endfor %}{% if more > 0 %}... and {{ more }} more.
{% endif %}`,
    body: `<mj-text mj-class="title">What happened</mj-text>
<mj-table>
{% for item in items %}<tr><td>{% if item.link %}<a href="${ITEM_HREF}"><b>{{ item.title }}</b></a>{% else %}<b>{{ item.title }}</b>{% endif %}{% if item.body != '' %}<br>{{ item.body }}{% endif %}</td></tr>
{% endfor %}</mj-table>
{% if more > 0 %}<mj-text>... and {{ more }} more.</mj-text>{% endif %}`,
  },
  'chat-message': {
    subject: WROTE,
    preview: '{{ excerpt | default: "See what it is about." | truncate: 120 }}',
    text: `${WROTE}{% if excerpt %}:

{{ excerpt }}
{% else %}.
{% endif %}`,
    body: `<mj-text mj-class="title">${WROTE}</mj-text>
{% if excerpt %}<mj-text>{{ excerpt | escape | newline_to_br | raw }}</mj-text>{% endif %}`,
    push: { title: WROTE, body: '{{ excerpt | truncate: 240 }}', collapseKey: 'chat-{{ roomId }}' },
  },
};
