import type { AccountTemplateData } from '../contracts/account-messages';
import type { LetterTemplate } from './templates';

const AT = '{{ at | date: "%-d %B %Y, %H:%M", 0 }} UTC';
const NOT_YOU = 'If this was not you, set a new password at once and end all other sessions.';

/** A letter whose one thing to do is a link. */
const withLink = (letter: {
  subject: string;
  preview: string;
  path: string;
  button: string;
  before: string[];
  after: string[];
}): LetterTemplate => {
  const link = `{{ publicUrl }}/${letter.path}/{{ token }}`;
  return {
    subject: letter.subject,
    preview: letter.preview,
    text: `Hello {{ name }},\n\n${letter.before.join('\n\n')}\n\n${link}\n\n${letter.after.join('\n\n')}\n`,
    body: `<mj-text mj-class="title">${letter.subject}</mj-text>
<mj-text>Hello {{ name }},</mj-text>
${letter.before.map((line) => `<mj-text>${line}</mj-text>`).join('\n')}
<mj-button href="${link}">${letter.button}</mj-button>
<mj-text mj-class="soft">Or open this address in your browser:<br>${link}</mj-text>
${letter.after.map((line) => `<mj-text mj-class="soft">${line}</mj-text>`).join('\n')}`,
  };
};

const plain = (letter: { subject: string; preview: string; lines: string[] }): LetterTemplate => ({
  subject: letter.subject,
  preview: letter.preview,
  text: `Hello {{ name }},\n\n${letter.lines.join('\n\n')}\n`,
  body: `<mj-text mj-class="title">${letter.subject}</mj-text>
<mj-text>Hello {{ name }},</mj-text>
${letter.lines.map((line) => `<mj-text>${line}</mj-text>`).join('\n')}`,
});

/** Letters about accounts. */
export const ACCOUNT_LETTERS: Record<keyof AccountTemplateData, LetterTemplate> = {
  'reset-password': withLink({
    subject: 'Set a new password',
    preview: 'Choose a new password for your account at {{ sender }}.',
    path: 'reset-password',
    button: 'Choose a new password',
    before: [
      '{% if by == "administrator" %}An administrator asked that you choose a new password for your account at {{ sender }}.{% elsif by == "undo" %}The address of your account at {{ sender }} is yours again. So that nobody else comes back, your former password no longer works: please choose a new one.{% else %}Somebody, most likely you, asked for a new password for your account at {{ sender }}.{% endif %}',
    ],
    after: [
      'The link works once, for 24 hours, and ends all your sessions. If you did not ask for it, ignore this mail; your password stays as it is.',
    ],
  }),
  'account-created': withLink({
    subject: 'Your account at {{ organization }}',
    preview: 'Choose a password, and your account at {{ organization }} is ready.',
    path: 'reset-password',
    button: 'Choose a password',
    before: ['An account was made for you at {{ organization }}. Please choose a password to use it.'],
    after: [
      'The link works once, for 24 hours; after that, ask for a new one with "forgot password". If you do not know {{ organization }}, ignore this mail.',
    ],
  }),
  'asked-to-join': withLink({
    subject: 'Join {{ organization }}',
    preview: '{{ organization }} would like you to join with the account that you have.',
    path: 'verify-email',
    button: 'Join {{ organization }}',
    before: [
      '{{ organization }} would like you to join it with the account that you already have. Your password stays as it is.',
    ],
    after: [
      'The link works once, for 24 hours. If you do not know {{ organization }}, ignore this mail; nothing happens then.',
    ],
  }),
  'password-changed': plain({
    subject: 'Your password was changed',
    preview: 'The password of your account at {{ sender }} is a new one.',
    lines: [`The password of your account at {{ sender }} was changed on ${AT}.`, NOT_YOU],
  }),
  'confirm-new-email': withLink({
    subject: 'Confirm your new email address',
    preview: 'One click and {{ email }} is the address of your account.',
    path: 'confirm-email',
    button: 'Use this address',
    before: ['Please confirm that {{ email }} shall be the address of your account at {{ sender }}.'],
    after: ['The link works once, for 24 hours. If you did not ask for this, ignore this mail; nothing happens then.'],
  }),
  'email-changed': withLink({
    subject: 'The address of your account was changed',
    preview: 'Your account at {{ sender }} now has the address {{ email }}.',
    path: 'undo-email-change',
    button: 'This was not me: undo',
    before: [
      `The address of your account at {{ sender }} was changed to {{ email }} on ${AT}.`,
      'If that was you, there is nothing to do. If not, take it back here: the former address holds again, all sessions end, and you choose a new password.',
    ],
    after: ['The link works once, for 24 hours.'],
  }),
  'account-disabled': plain({
    subject: 'Your account is closed',
    preview: 'You closed your account at {{ sender }}.',
    lines: [
      `Your account at {{ sender }} was closed on ${AT}, and all its sessions have ended.`,
      'To come back, ask for a new password with "forgot password". Nothing was deleted.',
    ],
  }),
  'account-deletion': withLink({
    subject: 'Your account will be deleted',
    preview: 'Until then you may keep it.',
    path: 'keep-account',
    button: 'Keep my account',
    before: [
      `You asked to delete your account at {{ sender }}. It is closed now and will be deleted on ${AT}.`,
      'Until then you may change your mind:',
    ],
    after: ['The link works once. Without it there is nothing more to do.'],
  }),
  'account-deleted': plain({
    subject: 'Your account was deleted',
    preview: 'Your account at {{ sender }} no longer exists.',
    lines: ['Your account at {{ sender }} was deleted, as you asked. This is the last mail about it. Farewell!'],
  }),
};
