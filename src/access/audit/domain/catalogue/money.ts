import type { ActionList } from './action';

/** Payments and the sandbox's provider. One line each, in alphabetical order. */
export const MONEY: ActionList = {
  AnswerChallenge: ['money', 'The challenge of a sandbox payment was answered.'],
  CancelAttempt: ['money', 'A payment attempt was cancelled.'],
  CancelSandboxPayment: ['money', 'A payment of the sandbox was cancelled.'],
  CapturePayment: ['money', 'A reserved payment was captured.'],
  CaptureSandboxPayment: ['money', 'A payment of the sandbox was captured.'],
  ChangeGateway: ['settings', 'An account at a payment provider was changed.'],
  CompleteReturn: ['money', 'A buyer came back from the payment provider.'],
  ConfirmSandboxPayment: ['money', 'A payment of the sandbox was confirmed.'],
  ContactGateway: ['money', 'A payment provider was asked for a payment.'],
  DeliverSandboxWebhook: ['money', 'The sandbox told of a payment.'],
  OpenGateway: ['settings', 'An account at a payment provider was opened.'],
  OpenIntent: ['money', 'A payment was begun.'],
  OpenSandboxAccount: ['settings', 'An account of the sandbox was opened.'],
  ProcessProviderEvent: ['money', 'What a payment provider had told was acted upon.'],
  ReceiveWebhook: ['money', 'A payment provider told of something.'],
  RecordOutcome: ['money', 'The outcome of a payment attempt was recorded.'],
  RefundCharge: ['money', 'A charge was given back.'],
  RefundSandboxPayment: ['money', 'A payment of the sandbox was given back.'],
  ReplayProviderEvent: ['money', 'A webhook of a payment provider was replayed.'],
  SettleAttempt: ['money', 'An open payment attempt was settled with its provider.'],
  VoidIntent: ['money', 'A payment was called off.'],
  VoidPayment: ['money', 'A payment was called off by staff.'],
};
