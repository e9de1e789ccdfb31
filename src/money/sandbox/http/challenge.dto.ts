import { IsIn } from 'class-validator';

/** The shopper's answer on the 3-D Secure page. */
export class ChallengeBody {
  /** @example "approve" */
  @IsIn(['approve', 'decline'])
  decision: 'approve' | 'decline';
}
