import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AuthVersions } from '../auth/versions';
import { Listener } from '../database/listener';
import { isUuid, newId } from '../ids/ids';
import { DeliverySignal } from './delivery-signal';

const DELIVERIES = 'mainstay_deliveries';
const AUTH_VERSIONS = 'mainstay_auth_versions';

/**
 * Carries hints between processes: "there are new deliveries" wakes the workers elsewhere, and a raised session or tenant
 * version is forgotten by every cache. Both are only hints; workers poll and cached versions age out by themselves.
 */
@Injectable()
export class ProcessBridge implements OnApplicationBootstrap {
  /** Names this process, so that it does not wake itself a second time. */
  private readonly self = newId();
  private relaying = false;

  constructor(
    private readonly listener: Listener,
    private readonly signal: DeliverySignal,
    private readonly versions: AuthVersions,
  ) {}

  onApplicationBootstrap(): void {
    this.signal.onRaise(() => {
      if (!this.relaying) this.listener.notify(DELIVERIES, this.self);
    });
    this.listener.on(DELIVERIES, (sender) => {
      if (sender === this.self) return;
      this.relaying = true;
      try {
        this.signal.raise();
      } finally {
        this.relaying = false;
      }
    });
    this.versions.publish = (id) => this.listener.notify(AUTH_VERSIONS, id);
    this.listener.on(AUTH_VERSIONS, (id) => {
      if (isUuid(id)) this.versions.evict(id);
    });
  }
}
