import { PaymentBlocked, PaymentCleared, PaymentRejected, ReviewOpened, ReviewOverdue } from './fraud-events';

const about = {
  assessmentId: '01900000-0000-7000-8000-000000000001',
  attemptId: '01900000-0000-7000-8000-000000000002',
  payable: { type: 'order', id: '01900000-0000-7000-8000-000000000003' },
  amount: { amount: 1_250, currency: 'EUR' },
  score: 70,
};
const review = {
  ...about,
  reviewId: '01900000-0000-7000-8000-000000000004',
  intentId: '01900000-0000-7000-8000-000000000005',
};
const times = { dueAt: '2026-03-01T16:00:00.000Z', rejectAt: '2026-03-07T12:00:00.000Z' };

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [
    new PaymentBlocked(about.assessmentId, { ...about, reasons: ['Because'] }),
    new ReviewOpened(review.reviewId, { ...review, ...times, reasons: ['Because'], charged: false }),
    new ReviewOverdue(review.reviewId, { ...review, ...times }),
    new PaymentCleared(about.assessmentId, { ...review, by: 'person' }),
    new PaymentRejected(about.assessmentId, { ...review, reviewId: null, by: 'time' }),
  ];
  const type = (event: object): string => (event.constructor as unknown as { type: string }).type;
  expect(events.map((event) => [type(event), Object.keys(event.payload).sort()])).toEqual([
    ['fraud.payment-blocked.v1', ['amount', 'assessmentId', 'attemptId', 'payable', 'reasons', 'score']],
    [
      'fraud.review-opened.v1',
      [
        'amount',
        'assessmentId',
        'attemptId',
        'charged',
        'dueAt',
        'intentId',
        'payable',
        'reasons',
        'rejectAt',
        'reviewId',
        'score',
      ],
    ],
    [
      'fraud.review-overdue.v1',
      ['amount', 'assessmentId', 'attemptId', 'dueAt', 'intentId', 'payable', 'rejectAt', 'reviewId', 'score'],
    ],
    [
      'fraud.payment-cleared.v1',
      ['amount', 'assessmentId', 'attemptId', 'by', 'intentId', 'payable', 'reviewId', 'score'],
    ],
    [
      'fraud.payment-rejected.v1',
      ['amount', 'assessmentId', 'attemptId', 'by', 'intentId', 'payable', 'reviewId', 'score'],
    ],
  ]);
});
