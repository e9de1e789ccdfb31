import { ACCESS } from './catalogue/access';
import type { Action, ActionList } from './catalogue/action';
import { CHAT } from './catalogue/chat';
import { COMMERCE } from './catalogue/commerce';
import { PLACES } from './catalogue/places';
import { PRICING } from './catalogue/pricing';
import { ENGAGEMENT } from './catalogue/engagement';
import { FACTORS } from './catalogue/factors';
import { FLEET } from './catalogue/fleet';
import { GRANTS } from './catalogue/grants';
import { MOBILITY } from './catalogue/mobility';
import { MONEY } from './catalogue/money';
import { ORGANIZATIONS } from './catalogue/organizations';
import { SESSIONS } from './catalogue/sessions';

export { CATEGORIES, type Action, type Category } from './catalogue/action';

const LISTS: readonly ActionList[] = [
  ACCESS,
  CHAT,
  COMMERCE,
  ENGAGEMENT,
  FACTORS,
  FLEET,
  GRANTS,
  MOBILITY,
  MONEY,
  ORGANIZATIONS,
  PLACES,
  PRICING,
  SESSIONS,
];

/**
 * The closed catalogue: every action that a row of the trail can name, by the name of its command without `Command`.
 * A command that is not listed fails `npm run rules`.
 */
export const ACTIONS: ReadonlyMap<string, Action> = new Map(
  LISTS.flatMap((list) => Object.entries(list).map(([name, [category, says]]) => [name, { category, says }] as const)),
);

/** Names of the actions of these categories. */
export const actionsOf = (...categories: Action['category'][]): string[] =>
  [...ACTIONS].filter(([, { category }]) => categories.includes(category)).map(([name]) => name);
