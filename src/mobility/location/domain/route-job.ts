/** Jobs of one organization that wait or run at once. */
export const MOST_OPEN_JOBS = 20;
/** A job that took its worker with it so often is not tried again. */
export const MOST_ATTEMPTS = 3;
/** Days for which an ended job can be read. */
export const KEEP_DAYS = 30;
