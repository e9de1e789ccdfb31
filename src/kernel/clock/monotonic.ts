/**
 * Milliseconds of a clock that only goes forward, from an arbitrary beginning: for measuring how long something took
 * and for deadlines of probes. Moving kernel time does not touch it; moments are the clock's.
 */
export const monotonicMs = (): number => performance.now();
