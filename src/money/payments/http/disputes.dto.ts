import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { AnyOf, AnyOfIds, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import {
  DISPUTE_STATES,
  EVIDENCE_FILE_KINDS,
  MOST_EVIDENCE_CHARACTERS,
  type DisputeState,
  type EvidenceFileKind,
} from '../domain/dispute';
import { PaymentMoneyView } from './payments.dto';
import { RefundPayableView } from './refunds.dto';

const Trim = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

/** Filters of the list of disputes. */
export class ListDisputesParams extends ListQuery {
  @AnyOf(DISPUTE_STATES)
  status?: DisputeState[];

  @AnyOfIds()
  paymentId?: string[];

  /** Ids of what was paid for (orders). */
  @AnyOfIds()
  payableId?: string[];

  @AnyOfIds()
  gatewayId?: string[];

  @TimeRangeFilter()
  openedAt?: TimeRange;

  @TimeRangeFilter()
  evidenceDueBy?: TimeRange;
}

/** Parts of evidence; absent ones stay, null takes one out. Every provider takes those that it has a place for. */
export class DisputeEvidenceBody {
  /**
   * What the shopper did with what was bought: times, addresses, actions.
   * @example "2026-03-02 09:12 UTC signed in from 192.0.2.7"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  accessActivityLog?: string | null;

  /**
   * @example "Rua do Cais 7, 4000-001 Porto, PT"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  billingAddress?: string | null;

  /**
   * How and when the policy was shown.
   * @example "Shown at checkout, above the button."
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  cancellationPolicyDisclosure?: string | null;

  /**
   * Why the cancellation that the shopper claims was none.
   * @example "No cancellation reached us."
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  cancellationRebuttal?: string | null;

  /**
   * @example "sasha@example.com"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  customerEmailAddress?: string | null;

  /**
   * @example "Sasha Shopper"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  customerName?: string | null;

  /**
   * @example "192.0.2.7"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  customerPurchaseIp?: string | null;

  /**
   * What tells the two charges apart.
   * @example "Two orders on two days."
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  duplicateChargeExplanation?: string | null;

  /**
   * The provider’s id of the other charge.
   * @example "ch_3Example"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  duplicateChargeId?: string | null;

  /**
   * @example "Harbour Lamp, brass, 40 cm"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  productDescription?: string | null;

  /**
   * How and when the policy was shown.
   * @example "Shown at checkout, above the button."
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  refundPolicyDisclosure?: string | null;

  /**
   * Why no refund is owed.
   * @example "The time to return goods was over."
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  refundRefusalExplanation?: string | null;

  /**
   * @example "2026-03-02"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  serviceDate?: string | null;

  /**
   * @example "Rua do Cais 7, 4000-001 Porto, PT"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  shippingAddress?: string | null;

  /**
   * @example "DHL"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  shippingCarrier?: string | null;

  /**
   * @example "2026-03-02"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  shippingDate?: string | null;

  /**
   * @example "00340434161094042557"
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  shippingTrackingNumber?: string | null;

  /**
   * Whatever else speaks for the shop.
   * @example "The parcel was signed for by the shopper."
   */
  @IsOptional()
  @Trim()
  @IsString()
  @Length(1, MOST_EVIDENCE_CHARACTERS.part)
  uncategorizedText?: string | null;
}

/** Evidence that was put by. */
export class DisputeEvidenceView {
  /** @example "2026-03-02 09:12 UTC signed in from 192.0.2.7" */
  accessActivityLog?: string;
  /** @example "Rua do Cais 7, 4000-001 Porto, PT" */
  billingAddress?: string;
  /** @example "Shown at checkout, above the button." */
  cancellationPolicyDisclosure?: string;
  /** @example "No cancellation reached us." */
  cancellationRebuttal?: string;
  /** @example "sasha@example.com" */
  customerEmailAddress?: string;
  /** @example "Sasha Shopper" */
  customerName?: string;
  /** @example "192.0.2.7" */
  customerPurchaseIp?: string;
  /** @example "Two orders on two days." */
  duplicateChargeExplanation?: string;
  /** @example "ch_3Example" */
  duplicateChargeId?: string;
  /** @example "Harbour Lamp, brass, 40 cm" */
  productDescription?: string;
  /** @example "Shown at checkout, above the button." */
  refundPolicyDisclosure?: string;
  /** @example "The time to return goods was over." */
  refundRefusalExplanation?: string;
  /** @example "2026-03-02" */
  serviceDate?: string;
  /** @example "Rua do Cais 7, 4000-001 Porto, PT" */
  shippingAddress?: string;
  /** @example "DHL" */
  shippingCarrier?: string;
  /** @example "2026-03-02" */
  shippingDate?: string;
  /** @example "00340434161094042557" */
  shippingTrackingNumber?: string;
  /** @example "The parcel was signed for by the shopper." */
  uncategorizedText?: string;
}

/** A file that was put by as evidence. */
export class DisputeFileView {
  @ApiProperty({ enum: EVIDENCE_FILE_KINDS, example: 'receipt' })
  kind: EvidenceFileKind;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  fileId: string;
  /** @example "receipt.pdf" */
  name: string;
  /** @example "application/pdf" */
  mediaType: string;
}

export class PutDisputeFile {
  @ApiProperty({ enum: EVIDENCE_FILE_KINDS, example: 'receipt' })
  @IsIn(EVIDENCE_FILE_KINDS)
  kind: EvidenceFileKind;
  /** An uploaded PDF, JPEG or PNG; null takes the one of this kind out. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  @ValidateIf((_file, value: unknown) => value !== null)
  @IsUUID()
  fileId: string | null;
}

export class DisputeFilesBody {
  @ApiProperty({ type: [PutDisputeFile] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(EVIDENCE_FILE_KINDS.length)
  @ArrayUnique((file: PutDisputeFile) => file?.kind)
  @ValidateNested({ each: true })
  @Type(() => PutDisputeFile)
  files: PutDisputeFile[];
}

/** Money that the provider took for a dispute, or gave back. */
export class DisputeMovementView {
  /** @example "withdrawn" */
  kind: 'withdrawn' | 'reinstated';
  amount: PaymentMoneyView;
  /** What it took besides; negative where a fee came back. */
  fee: PaymentMoneyView;
  /** @example "2026-03-01T12:00:00.000Z" */
  at: string;
}

/** A charge that a shopper disputes. */
export class DisputeSummaryView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d" */
  paymentId: string;
  payable: RefundPayableView;
  /**
   * `warning_...` are inquiries: no money has moved.
   * @example "needs_response"
   */
  status: DisputeState;
  amount: PaymentMoneyView;
  /**
   * The provider’s word.
   * @example "fraudulent"
   */
  reason: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e" */
  gatewayId: string;
  /** @example "stripe" */
  provider: string;
  /** @example "dp_1Example" */
  providerDisputeId: string;
  /**
   * Until when evidence is taken.
   * @example "2026-03-08T12:00:00.000Z"
   */
  evidenceDueBy: string | null;
  /**
   * How often evidence was handed in.
   * @example 0
   */
  submissions: number;
  /** @example "2026-03-01T12:00:00.000Z" */
  openedAt: string;
  closedAt: string | null;
}

/** A dispute with its evidence and what its money did. */
export class DisputeView extends DisputeSummaryView {
  evidence: DisputeEvidenceView;
  @ApiProperty({ type: [DisputeFileView], example: [] })
  files: DisputeFileView[];
  movements: DisputeMovementView[];
}
