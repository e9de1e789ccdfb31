import type { OrganizationTemplateData } from '../contracts/organization-messages';
import type { LetterTemplate } from './templates';

/** Letters of organizations: invitations, and approvals of their corporate customers. */
export const ORGANIZATION_LETTERS: Record<keyof OrganizationTemplateData, LetterTemplate> = {
  invitation: {
    subject: 'You are invited to {{ organization }}',
    preview:
      '{% if inviter %}{{ inviter }} invites you{% else %}You are invited{% endif %} to join {{ organization }}.',
    text: `Hello,

{% if inviter %}{{ inviter }} invites you{% else %}you are invited{% endif %} to join {{ organization }} as {{ role }}. Open this address to accept:

{{ publicUrl }}/invitations/{{ token }}

The invitation holds until {{ until }} and works once. If you do not know {{ organization }}, ignore this mail; nothing
happens then.
`,
    html: `<h1>You are invited to {{ organization }}</h1>
<p>{% if inviter %}<b>{{ inviter }}</b> invites you{% else %}You are invited{% endif %} to join {{ organization }} as <b>{{ role }}</b>.</p>
<p class="action"><a class="button" href="{{ publicUrl }}/invitations/{{ token }}">See the invitation</a></p>
<p class="soft">Or open this address in your browser:<br>{{ publicUrl }}/invitations/{{ token }}</p>
<p class="soft">The invitation holds until {{ until }} and works once. If you do not know {{ organization }}, ignore this mail; nothing happens then.</p>`,
  },
  'approval-requested': {
    subject: 'To approve: {{ subject }}',
    preview: '{{ requester }} asks for {{ amount | money }}.',
    text: `Hello {{ name }},

{{ requester }} asks for your approval:

{{ subject }}
{{ amount | money }}

Please decide until {{ until }}; what nobody decides by then is not approved.
`,
    html: `<h1>Your approval is asked for</h1>
<p>Hello {{ name }},</p>
<p><b>{{ requester }}</b> asks for your approval.</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr class="total"><td>{{ subject }}</td><td align="right" class="num">{{ amount | money }}</td></tr>
</table>
<p class="soft">Please decide until {{ until }}; what nobody decides by then is not approved.</p>`,
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
    html: `<h1>{{ subject }} is {{ decision }}</h1>
<p>Hello {{ name }},</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr class="total"><td>{{ subject }}</td><td align="right" class="num">{{ amount | money }}</td></tr>
</table>
{% if comment %}<p>They wrote: {{ comment }}</p>{% endif %}
{% if next %}<p>{{ next }}</p>{% endif %}`,
  },
};
