import type { Money } from '../../../kernel/money/money';
import type { AttemptState, IntentStatus } from './payment-view';

/** A payment in a list of payments. */
export interface PaymentSummary {
  id: string;
  status: IntentStatus;
  payable: { type: string; id: string };
  amount: Money;
  captured: Money;
  refunded: Money;
  error: { code: string; message: string } | null;
  createdAt: string;
  capturedAt: string | null;
}

/** A payment with its tries, oldest first, as staff see it. */
export interface PaymentDetails extends PaymentSummary {
  capture: 'automatic' | 'manual';
  nextAction: { type: 'redirect'; url: string } | null;
  attempts: {
    id: string;
    state: AttemptState;
    provider: string;
    error: { code: string; message: string } | null;
    authorized: Money;
    captured: Money;
    refunded: Money;
    fee: Money | null;
    gatewayId: string;
    providerPaymentId: string | null;
    method: string;
    createdAt: string;
    settledAt: string | null;
  }[];
}
