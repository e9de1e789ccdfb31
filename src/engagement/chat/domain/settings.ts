import type { SearchMode } from './search-words';

/** How an organization's chat works. */
export interface ChatSettings {
  search: SearchMode;
  /** Customers may open rooms with each other, not only with those who work there. */
  customersMayMeet: boolean;
  /** Days for which messages are kept where their room says nothing else; null for ever. */
  retentionDays: number | null;
}

/** What holds where nothing was chosen: no word of a message is readable in the database. */
export const DEFAULT_SETTINGS: ChatSettings = { search: 'blind', customersMayMeet: false, retentionDays: null };

/** Longest time for which a process may go by former settings (seconds), doubled. */
export const SETTLED_AFTER_SECONDS = 10;
