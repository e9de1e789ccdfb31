import type { TemplateName } from '../contracts/send-message';

/** Members of a template's data that say what it is about: ids for programs, nothing that somebody wrote. */
const NAMED: Partial<Record<TemplateName, readonly string[]>> = {
  'chat-message': ['roomId', 'messageId', 'seq'],
  'file-infected': ['fileId'],
};

/** What a notification is about, as texts by name, so that a front end can lead there; empty where there is nothing to open. */
export function aboutOf(template: string, data: Record<string, unknown> | null): Record<string, string> {
  const names = Object.hasOwn(NAMED, template) ? (NAMED[template as TemplateName] ?? []) : [];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = data?.[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [];
    }),
  );
}
