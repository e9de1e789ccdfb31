/**
 * Whether something can be had: at once, later (with delivery when it comes, or when it appears), or not. A product is
 * what the best of its variants on sale is; a bundle is there as often as its parts are.
 */
export const AVAILABILITIES = ['in_stock', 'backorder', 'out_of_stock'] as const;
export type AvailabilityState = (typeof AVAILABILITIES)[number];
