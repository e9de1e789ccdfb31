/** Why somebody reports a review. */
export const REPORT_REASONS = ['spam', 'offensive', 'personal_data', 'off_topic', 'untrue', 'other'] as const;
export type ReportReason = (typeof REPORT_REASONS)[number];

/** Days for which prices of the past are kept, and reports of reviews once they are settled. */
export const KEEP_PRICES_DAYS = 1_100;
export const KEEP_REPORTS_DAYS = 400;
