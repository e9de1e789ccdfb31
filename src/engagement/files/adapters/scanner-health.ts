import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { HealthRegistry, type HealthFinding } from '../../../kernel/health/health.registry';
import { VirusScanner } from './virus-scanner';

/** One line of health about the virus scanner. Never stops the product: uploads wait while it is away. */
@Injectable()
export class ScannerHealth implements OnModuleInit {
  constructor(
    private readonly scanner: VirusScanner,
    private readonly config: Config,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {}

  onModuleInit(): void {
    this.health?.add({ name: 'virus-scanner', critical: false, check: () => this.check() });
  }

  async check(): Promise<HealthFinding> {
    if (this.scanner.isConfigured) {
      await this.scanner.check();
      return { message: 'The virus scanner answers.' };
    }
    return this.config.unscannedFiles === 'hold'
      ? {
          status: 'degraded',
          message:
            'No virus scanner is configured (CLAMD_URL), and MAINSTAY_UNSCANNED_FILES does not allow to do without: uploads wait.',
        }
      : { message: 'No virus scanner is configured; uploads are handed out without (MAINSTAY_UNSCANNED_FILES=allow).' };
  }
}
