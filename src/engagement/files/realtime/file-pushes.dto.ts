import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';

/** A file was inspected: it can be had, or stays shut. */
@ServerPush('files.settled', { to: 'Whoever uploaded it.' })
export class FileSettledPush {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  fileId: string;
  @ApiProperty({ enum: ['clean', 'infected', 'unscannable'], example: 'clean' })
  state: string;
  /** Why it is unscannable, such as `archive-encrypted`. @example "archive-encrypted" */
  reason?: string;
}

/** A virus was found in an upload; its bytes are set apart, and nobody can have them. */
@ServerPush('files.infected', { to: 'Staff of the shop.' })
export class FileInfectedPush {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  fileId: string;
  /** @example "invoice.zip" */
  name: string;
  @ApiProperty({ type: String, nullable: true })
  uploadedBy: string | null;
  /** Name that the scanner has for it. @example "Win.Test.EICAR_HDB-1" */
  signature: string;
}
