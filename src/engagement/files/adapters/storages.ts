import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import path from 'node:path';
import { Config } from '../../../kernel/config/config';
import { HealthRegistry } from '../../../kernel/health/health.registry';
import type { StoreName } from '../domain/stored-file';
import { AzureStorage } from './azure-storage';
import type { BlobStorage } from './blob-storage';
import { LocalStorage } from './local-storage';
import { S3Storage } from './s3-storage';

/**
 * The storages of this installation. New bytes go to the configured one; each object remembers where it lies, so that
 * what was stored before a change of the configuration is still found.
 */
@Injectable()
export class Storages implements OnModuleInit {
  private readonly storages = new Map<StoreName, BlobStorage>();
  readonly current: StoreName;

  constructor(
    config: Config,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {
    this.storages.set('local', new LocalStorage(config.fileDir ?? path.join(config.dataDir, 'files')));
    if (config.s3) this.storages.set('s3', new S3Storage(config.s3));
    if (config.azureBlob) this.storages.set('azure', new AzureStorage(config.azureBlob));
    this.current = config.fileStorage;
  }

  onModuleInit(): void {
    this.health?.add({
      name: 'file-storage',
      critical: false,
      check: async () => {
        await this.of(this.current).check();
        return { message: `Files are kept in: ${this.current}.` };
      },
    });
  }

  /** @throws Error for one that is not configured any more: objects lie there that nobody can reach */
  of(name: StoreName): BlobStorage {
    const storage = this.storages.get(name);
    if (!storage) throw new Error(`Files lie in ${name}, which is not configured.`);
    return storage;
  }
}
