import type { FactorTemplateData } from '../contracts/factor-messages';
import type { LetterTemplate } from './templates';

const WHAT = `{% case what %}{% when 'added' %}The {{ method }} “{{ factor }}” was added to your account.{% when 'removed' %}The {{ method }} “{{ factor }}” was removed from your account.{% when 'backup-code-used' %}A backup code was used to sign in. {{ left }} {% if left == 1 %}is{% else %}are{% endif %} left.{% when 'backup-codes-replaced' %}You have new backup codes. The old ones no longer work.{% when 'replaced-after-recovery' %}Your account was recovered: every former factor was removed, and the {{ method }} “{{ factor }}” was added.{% when 'passkey-copied' %}A sign-in with the passkey “{{ factor }}” was refused: it looked like a copy of your authenticator.{% endcase %}`;
const IF_NOT_YOU = `If this was not you, sign in, change your password and end all other sessions at once.`;

/** Letters about second factors. */
export const FACTOR_LETTERS: Record<keyof FactorTemplateData, LetterTemplate> = {
  'one-time-code': {
    subject: '{{ code }} is your {{ sender }} code',
    preview: 'It works for {{ minutes }} minutes.',
    text: `Your code for {{ sender }}:

{{ code }}

It works once, for {{ minutes }} minutes. Nobody from {{ sender }} will ever ask you for it. If you did not try to sign in,
somebody knows your password: change it.
`,
    html: `<h1>Your code</h1>
<p style="font-size:32px;letter-spacing:.2em;font-weight:600;font-variant-numeric:tabular-nums">{{ code }}</p>
<p>It works once, for {{ minutes }} minutes. Nobody from {{ sender }} will ever ask you for it.</p>
<p class="soft">If you did not try to sign in, somebody knows your password: change it.</p>`,
    sms: '{{ code }} is your {{ sender }} code. It works for {{ minutes }} minutes. Nobody from {{ sender }} will ever ask you for it.',
  },
  'factor-changed': {
    subject: `{% case what %}{% when 'added' %}A sign-in factor was added{% when 'removed' %}A sign-in factor was removed{% when 'backup-code-used' %}A backup code was used{% when 'backup-codes-replaced' %}You have new backup codes{% when 'replaced-after-recovery' %}Your account was recovered{% when 'passkey-copied' %}A sign-in was refused{% endcase %}`,
    preview: WHAT,
    text: `Hello {{ name }},

${WHAT}

When:  {{ at }}
{% if ip %}From:  {{ ip }}
{% endif %}
${IF_NOT_YOU}
`,
    html: `<h1>{% case what %}{% when 'added' %}A sign-in factor was added{% when 'removed' %}A sign-in factor was removed{% when 'backup-code-used' %}A backup code was used{% when 'backup-codes-replaced' %}You have new backup codes{% when 'replaced-after-recovery' %}Your account was recovered{% when 'passkey-copied' %}A sign-in was refused{% endcase %}</h1>
<p>Hello {{ name }},</p>
<p>${WHAT}</p>
<table role="presentation" class="lines" width="100%" cellpadding="0" cellspacing="0">
<tr><td>When</td><td align="right">{{ at }}</td></tr>
{% if ip %}<tr><td>From</td><td align="right">{{ ip }}</td></tr>
{% endif %}</table>
<p class="soft">${IF_NOT_YOU}</p>`,
  },
  'factor-recovery': {
    subject: 'Somebody asks to recover your account',
    preview: 'If it was not you, stop it with one click.',
    text: `Hello {{ name }},

somebody who knows your password says that all your sign-in factors are lost, and wants to set up a new one.

If this is you, confirm it here:

{{ publicUrl }}/recover-factors/{{ linkToken }}

Besides, either an administrator of your organization has to agree, or you have to wait until {{ waitsUntil }}. Then
sign in again with your password and set up a new factor.

If this was not you, stop it here and change your password:

{{ publicUrl }}/recover-factors/stop/{{ stopToken }}
`,
    html: `<h1>Somebody asks to recover your account</h1>
<p>Hello {{ name }},</p>
<p>somebody who knows your password says that all your sign-in factors are lost, and wants to set up a new one.</p>
<p class="action"><a class="button" href="{{ publicUrl }}/recover-factors/{{ linkToken }}">It is me: confirm</a></p>
<p>Besides, either an administrator of your organization has to agree, or you have to wait until {{ waitsUntil }}. Then sign in again with your password and set up a new factor.</p>
<p><b>If this was not you</b>, <a href="{{ publicUrl }}/recover-factors/stop/{{ stopToken }}">stop it here</a> and change your password.</p>`,
  },
};
