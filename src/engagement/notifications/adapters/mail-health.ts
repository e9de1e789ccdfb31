import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Config } from '../../../kernel/config/config';
import { HealthRegistry, type HealthFinding } from '../../../kernel/health/health.registry';
import type { HttpMail } from './mail/http-mail';
import { SendGridMail } from './mail/sendgrid-mail';
import { SesMail } from './mail/ses-mail';
import { Mailer } from './mailer';

/** How long an answer of an HTTP provider is told again (milliseconds): probes come every few seconds. */
const REUSE_MS = 60_000;

/** One line of health about mail: where it goes, and whether its server can be reached. Never stops the product. */
@Injectable()
export class MailHealth implements OnModuleInit {
  private last?: { at: number; found: Promise<HealthFinding> };

  constructor(
    private readonly mailer: Mailer,
    private readonly sendGrid: SendGridMail,
    private readonly ses: SesMail,
    private readonly config: Config,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {}

  onModuleInit(): void {
    this.health?.add({ name: 'mail', critical: false, check: () => this.check() });
  }

  async check(): Promise<HealthFinding> {
    if (this.mailer.isConfigured) {
      await this.mailer.verify();
      return { message: 'The mail server answers.' };
    }
    const provider = [this.sendGrid, this.ses].find(({ isConfigured }) => isConfigured);
    if (provider) {
      const now = monotonicMs();
      if (!this.last || now - this.last.at >= REUSE_MS) this.last = { at: now, found: ask(provider) };
      return this.last.found;
    }
    return this.config.isProduction
      ? {
          status: 'degraded',
          message:
            'No mail server is configured (SMTP_URL, SENDGRID_API_KEY or SES_REGION): mail waits and is not sent.',
        }
      : { message: 'Development mailbox at /dev/mailbox.' };
  }
}

async function ask(provider: HttpMail): Promise<HealthFinding> {
  try {
    await provider.verify();
    return { message: `Mail goes out by ${provider.provider}, which takes our account.` };
  } catch (error) {
    return { status: 'degraded', message: (error as Error).message };
  }
}
