import type { FileTemplateData } from '../contracts/file-messages';
import type { LetterTemplate } from './templates';

const FOUND = `A virus was found in {{ file }}`;
// Empty texts are true in Liquid; the space belongs to what is said, so that no line begins with one.
const WHOSE = `{% if own %}You uploaded it to {{ sender }}. {% elsif uploader and uploader != '' %}{{ uploader }} uploaded it. {% endif %}`;
const NOW = `Nobody can open it any more, and it is shown nowhere.`;
const OWN_DEVICE = `It may be on your device too: scan it, and upload the file again from a clean copy.`;

/** Letters about files. */
export const FILE_LETTERS: Record<keyof FileTemplateData, LetterTemplate> = {
  'file-infected': {
    subject: FOUND,
    preview: NOW,
    text: `${FOUND}.

${WHOSE}${NOW}
Found: {{ signature }}
{% if own %}
${OWN_DEVICE}
{% endif %}`,
    body: `<mj-text mj-class="title">${FOUND}</mj-text>
<mj-text>${WHOSE}${NOW}</mj-text>
<mj-text>Found: <b>{{ signature }}</b></mj-text>
{% if own %}<mj-text>${OWN_DEVICE}</mj-text>{% endif %}`,
    push: { title: FOUND, body: NOW },
  },
};
