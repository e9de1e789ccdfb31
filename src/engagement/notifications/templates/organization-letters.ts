import type { OrganizationTemplateData } from '../contracts/organization-messages';
import type { LetterTemplate } from './templates';

/** Letters of organizations: invitations, and approvals of their corporate customers. */
export const ORGANIZATION_LETTERS: Record<keyof OrganizationTemplateData, LetterTemplate> = {
  invitation: {
    subject: 'You are invited to {{ organization }}',
    preview:
      '{% if inviter %}{{ inviter }} invites you{% else %}You are invited{% endif %} to join {{ organization }}.',
    text: `Hello,

{% if inviter %}{{ inviter }} invites you{% else %}You are invited{% endif %} to join {{ organization }} as {{ role }}. Open this address to accept:

{{ publicUrl }}/invitations/{{ token }}

The invitation holds until {{ until | date: "%-d %B %Y", 0 }} and works once. If you do not know {{ organization }}, ignore this mail; nothing
happens then.
`,
    body: `<mj-text mj-class="title">You are invited to {{ organization }}</mj-text>
<mj-text>{% if inviter %}<b>{{ inviter }}</b> invites you{% else %}You are invited{% endif %} to join {{ organization }} as <b>{{ role }}</b>.</mj-text>
<mj-button href="{{ publicUrl }}/invitations/{{ token }}">See the invitation</mj-button>
<mj-text mj-class="soft">Or open this address in your browser:<br>{{ publicUrl }}/invitations/{{ token }}</mj-text>
<mj-text mj-class="soft">The invitation holds until {{ until | date: "%-d %B %Y", 0 }} and works once. If you do not know {{ organization }}, ignore this mail; nothing happens then.</mj-text>`,
  },
  'approval-requested': {
    subject: 'To approve: {{ subject }}',
    preview: '{{ requester }} asks for {{ amount | money }}.',
    text: `Hello {{ name }},

{{ requester }} asks for your approval:

{{ subject }}
{{ amount | money }}

Please decide by {{ until | date: "%-d %B %Y", 0 }}; what nobody decides by then is not approved.
`,
    body: `<mj-text mj-class="title">Your approval is asked for</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-text><b>{{ requester }}</b> asks for your approval.</mj-text>
<mj-table>
<tr class="total"><td>{{ subject }}</td><td class="num">{{ amount | money }}</td></tr>
</mj-table>
<mj-text mj-class="soft">Please decide by {{ until | date: "%-d %B %Y", 0 }}; what nobody decides by then is not approved.</mj-text>`,
  },
  'approval-decided': {
    subject: '{{ subject }}: {{ decision }}',
    preview: '{{ subject }} over {{ amount | money }} is {{ decision }}.',
    text: `Hello {{ name }},

{{ subject }} over {{ amount | money }} is {{ decision }}.
{% if comment %}
They wrote: {{ comment }}
{% endif %}{% if next %}
{{ next }}
{% endif %}`,
    body: `<mj-text mj-class="title">{{ subject }} is {{ decision }}</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-table>
<tr class="total"><td>{{ subject }}</td><td class="num">{{ amount | money }}</td></tr>
</mj-table>
{% if comment %}<mj-text>They wrote: {{ comment }}</mj-text>{% endif %}
{% if next %}<mj-text>{{ next }}</mj-text>{% endif %}`,
  },
};
