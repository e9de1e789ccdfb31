import type { TemplateName } from '../contracts/send-message';

/** Text messages in Liquid, for the templates that have one: short, and with the code in front where there is one. */
export const TEXT_MESSAGES: { [Name in TemplateName]?: string } = {
  'one-time-code':
    '{{ code }} is your {{ sender }} code. It works for {{ minutes }} minutes. Nobody from {{ sender }} will ever ask you for it.',
};
