import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';

/** An uploaded file was looked at: it can be had, or why not. */
@ServerPush('files.settled', { to: 'Every device of whoever uploaded it.' })
export class FileSettledPush {
  fileId: string;
  @ApiProperty({ enum: ['clean', 'infected', 'unscannable'], example: 'clean' })
  state: string;
  /** Why it is unscannable. @example "archive-encrypted" */
  reason?: string;
}

/** A virus was in an uploaded file. */
@ServerPush('files.infected', { to: 'Staff.' })
export class FileInfectedPush {
  fileId: string;
  /** @example "invoice.pdf" */
  name: string;
  uploadedBy: string | null;
  /** What the scanner calls it. @example "Eicar-Test-Signature" */
  signature: string;
}
