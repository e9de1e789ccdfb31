/** How long entries are kept when an organization says nothing (PCI DSS 10.5.1: twelve months). */
export const DEFAULT_RETENTION_MONTHS = 12;
/** Shortest and longest that an organization may choose; HIPAA asks for six years of some, tax law for ten. */
export const LEAST_RETENTION_MONTHS = 3;
export const MOST_RETENTION_MONTHS = 120;
