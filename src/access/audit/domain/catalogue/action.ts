/**
 * What an action is about:
 * `privileged` rights, roles, members, users and keys of others; `authentication` ways in and out; `settings` how an
 * organization or the installation works; `data` what a tenant keeps; `money` payments and refunds; `reading` sensitive
 * reads; `refusal` what the guard turned away; `messages` mail and the like; `system` Mainstay's own housekeeping.
 */
export const CATEGORIES = [
  'privileged',
  'authentication',
  'settings',
  'data',
  'money',
  'reading',
  'refusal',
  'messages',
  'system',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** One action of the closed catalogue. */
export interface Action {
  category: Category;
  /** What happened, as a sentence in the past tense. */
  says: string;
}

/** Actions by name, each as `[category, sentence]`. */
export type ActionList = Record<string, readonly [Category, string]>;
