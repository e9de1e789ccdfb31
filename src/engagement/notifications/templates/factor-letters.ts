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
    body: `<mj-text mj-class="title">Your code</mj-text>
<mj-text mj-class="code">{{ code }}</mj-text>
<mj-text>It works once, for {{ minutes }} minutes. Nobody from {{ sender }} will ever ask you for it.</mj-text>
<mj-text mj-class="soft">If you did not try to sign in, somebody knows your password: change it.</mj-text>`,
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
    body: `<mj-text mj-class="title">{% case what %}{% when 'added' %}A sign-in factor was added{% when 'removed' %}A sign-in factor was removed{% when 'backup-code-used' %}A backup code was used{% when 'backup-codes-replaced' %}You have new backup codes{% when 'replaced-after-recovery' %}Your account was recovered{% when 'passkey-copied' %}A sign-in was refused{% endcase %}</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-text>${WHAT}</mj-text>
<mj-table>
<tr><td>When</td><td class="right">{{ at }}</td></tr>
{% if ip %}<tr><td>From</td><td class="right">{{ ip }}</td></tr>
{% endif %}</mj-table>
<mj-text mj-class="soft">${IF_NOT_YOU}</mj-text>`,
  },
  'factor-recovery': {
    subject: 'Somebody asks to recover your account',
    preview: 'If it was not you, stop it with one click.',
    text: `Hello {{ name }},

Somebody who knows your password says that all your sign-in factors are lost, and wants to set up a new one.

If this is you, confirm it here:

{{ publicUrl }}/recover-factors/{{ linkToken }}

Besides, either an administrator of your organization has to agree, or you have to wait until {{ waitsUntil }}. Then
sign in again with your password and set up a new factor.

If this was not you, stop it here and change your password:

{{ publicUrl }}/recover-factors/stop/{{ stopToken }}
`,
    body: `<mj-text mj-class="title">Somebody asks to recover your account</mj-text>
<mj-text>Hello {{ name }},</mj-text>
<mj-text>Somebody who knows your password says that all your sign-in factors are lost, and wants to set up a new one.</mj-text>
<mj-button href="{{ publicUrl }}/recover-factors/{{ linkToken }}">It is me: confirm</mj-button>
<mj-text>Besides, either an administrator of your organization has to agree, or you have to wait until {{ waitsUntil }}. Then sign in again with your password and set up a new factor.</mj-text>
<mj-text><b>If this was not you</b>, <a href="{{ publicUrl }}/recover-factors/stop/{{ stopToken }}">stop it here</a> and change your password.</mj-text>`,
  },
};
