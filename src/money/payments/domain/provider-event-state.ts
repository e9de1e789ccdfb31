/** States of a stored webhook: `received` waits for its job, `failed` for its next try, `dead` for a person. */
export const PROVIDER_EVENT_STATES = ['received', 'processed', 'ignored', 'failed', 'dead'] as const;
export type ProviderEventState = (typeof PROVIDER_EVENT_STATES)[number];
