import { Injectable } from '@nestjs/common';

/** Says "there are new deliveries" after a commit: to the worker of this process, and through the listener to others. */
@Injectable()
export class DeliverySignal {
  private readonly listeners = new Set<() => void>();

  onRaise(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  raise(): void {
    for (const listener of this.listeners) listener();
  }
}
