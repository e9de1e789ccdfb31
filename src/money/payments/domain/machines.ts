import type { AttemptState, IntentStatus } from '../contracts/payment-view';

/**
 * Allowed edges of the two payment machines. The one table: the code asks it before a move, the repository's UPDATE
 * carries `WHERE state = :from`, and a trigger of the migration refuses every other pair.
 */
export const INTENT_EDGES: Readonly<Record<IntentStatus, readonly IntentStatus[]>> = {
  requires_payment_method: ['requires_confirmation', 'processing', 'succeeded', 'conflicted', 'canceled', 'expired'],
  requires_confirmation: [
    'processing',
    'requires_action',
    'requires_payment_method',
    'succeeded',
    'conflicted',
    'canceled',
    'expired',
  ],
  requires_action: [
    'processing',
    'requires_payment_method',
    'requires_capture',
    'requires_merchant_action',
    'succeeded',
    'conflicted',
    'canceled',
    'expired',
  ],
  processing: [
    'requires_action',
    'requires_payment_method',
    'requires_capture',
    'requires_merchant_action',
    'succeeded',
    'conflicted',
    'canceled',
  ],
  requires_capture: [
    'partially_captured',
    'succeeded',
    'requires_merchant_action',
    'conflicted',
    'requires_payment_method',
    'canceled',
    'expired',
  ],
  requires_merchant_action: [
    'requires_capture',
    'requires_payment_method',
    'succeeded',
    'conflicted',
    'canceled',
    'expired',
  ],
  partially_captured: ['succeeded', 'conflicted'],
  conflicted: ['succeeded', 'canceled'],
  succeeded: [],
  canceled: [],
  expired: [],
};

/**
 * A gateway's word that it charged is accepted from every state but `charged` itself: a late charge after a void or a
 * failure is a fact about money, and is either used or given back, never ignored.
 */
export const ATTEMPT_EDGES: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  started: [
    'processing',
    'authentication_pending',
    'authenticated',
    'authorized',
    'charged',
    'failed',
    'voided',
    'unresolved',
  ],
  processing: ['authentication_pending', 'authenticated', 'authorized', 'charged', 'failed', 'voided', 'unresolved'],
  authentication_pending: ['authenticated', 'processing', 'authorized', 'charged', 'failed', 'voided'],
  authenticated: ['processing', 'authorized', 'capture_started', 'charged', 'failed', 'voided', 'unresolved'],
  authorized: ['capture_started', 'charged', 'failed', 'voided'],
  capture_started: ['authorized', 'charged', 'failed', 'voided', 'unresolved'],
  unresolved: ['processing', 'authentication_pending', 'authenticated', 'authorized', 'charged', 'failed', 'voided'],
  failed: ['charged'],
  voided: ['charged'],
  charged: [],
};

export const INTENT_STATUSES = Object.keys(INTENT_EDGES) as IntentStatus[];
export const ATTEMPT_STATES = Object.keys(ATTEMPT_EDGES) as AttemptState[];

export const canMoveIntent = (from: IntentStatus, to: IntentStatus): boolean => INTENT_EDGES[from].includes(to);
export const canMoveAttempt = (from: AttemptState, to: AttemptState): boolean => ATTEMPT_EDGES[from].includes(to);

const SETTLED = new Set<AttemptState>(['charged', 'failed', 'voided']);

/** True while the attempt may still take money without us having been told. */
export const isInFlight = (state: AttemptState): boolean => !SETTLED.has(state);

/** States that end an intent; a payable may get a new intent only after `canceled` or `expired`. */
export const isClosed = (status: IntentStatus): boolean => status === 'canceled' || status === 'expired';
