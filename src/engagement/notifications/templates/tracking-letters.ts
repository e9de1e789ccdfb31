import type { TrackingTemplateData } from '../contracts/tracking-messages';
import type { LetterTemplate } from './templates';

const SAID = `{{ tracker }} {% case type %}{% when 'enter' %}entered{% when 'exit' %}left{% else %}has stayed at{% endcase %} {{ geofence }}`;
const STAYED = `{% if minutes %} for {{ minutes }} minute{% if minutes != 1 %}s{% endif %}{% endif %}`;

const AT = '{{ at | date: "%-d %B %Y, %H:%M", 0 }} UTC';

/** Letters about vehicles and the fences that they are watched at. */
export const TRACKING_LETTERS: Record<keyof TrackingTemplateData, LetterTemplate> = {
  'geofence-alert': {
    subject: `${SAID}${STAYED}`,
    preview: AT,
    text: `${SAID}${STAYED}.

When: ${AT}

You get this because you follow {{ geofence }}.
`,
    body: `<mj-text mj-class="title">${SAID}${STAYED}</mj-text>
<mj-text>${AT}</mj-text>
<mj-text>You get this because you follow {{ geofence }}.</mj-text>`,
    sms: `{{ sender }}: ${SAID}${STAYED}, ${AT}`,
    push: { title: `${SAID}${STAYED}`, body: AT },
  },
};
