import { AuthVersions } from '../../auth/versions';
import { Clock } from '../../clock/clock';
import { Config } from '../../config/config';
import { PLATFORM_TENANT, runInContext } from '../../context/request-context';
import { Keyring } from '../../crypto/keyring';
import { UnitOfWork } from '../../database/unit-of-work';
import { Injectable } from '@nestjs/common';
import { SYSTEM } from '../../auth/principal';
import { isUuid } from '../../ids/ids';

/** How long an operator stays signed in to the board (seconds). */
export const BOARD_SESSION_SECONDS = 2 * 3_600;
const PURPOSE = 'board cookie';

interface Ticket {
  userId: string;
  email: string;
  /** End, milliseconds of kernel time. */
  until: number;
  /** Version of the operator's board sessions; signing out raises it. */
  version: number;
}

/** The signed cookie of an operator at the board: no state besides a version that signing out raises. */
@Injectable()
export class BoardSession {
  private readonly keyring: Keyring;

  constructor(
    config: Config,
    private readonly clock: Clock,
    private readonly versions: AuthVersions,
    private readonly uow: UnitOfWork,
  ) {
    this.keyring = Keyring.of(config);
  }

  /** A cookie's value for an operator whose password has just been checked. */
  async open(userId: string, email: string): Promise<string> {
    const version = (await this.versions.current([userId])).get(userId) ?? 0;
    const ticket: Ticket = { userId, email, until: this.clock.nowMs() + BOARD_SESSION_SECONDS * 1_000, version };
    const body = Buffer.from(JSON.stringify(ticket)).toString('base64url');
    return `${body}.${this.keyring.hmac(PURPOSE, body).toString('base64url')}`;
  }

  /** The operator that a cookie belongs to, or null when it is forged, over or signed out. */
  async read(cookie: string | undefined): Promise<{ userId: string; email: string } | null> {
    const [body, mac, more] = (cookie ?? '').split('.');
    if (!body || !mac || more !== undefined) return null;
    if (!this.keyring.verifyHmac(PURPOSE, body, Buffer.from(mac, 'base64url'))) return null;
    const { userId, email, until, version } = JSON.parse(Buffer.from(body, 'base64url').toString()) as Ticket;
    if (until <= this.clock.nowMs() || !isUuid(userId)) return null;
    if (((await this.versions.current([userId])).get(userId) ?? 0) > version) return null;
    return { userId, email };
  }

  /** Ends all board sessions of an operator, on every process. */
  async close(userId: string): Promise<void> {
    await runInContext({ tenantId: PLATFORM_TENANT, principal: SYSTEM }, () =>
      this.uow.run((tx) => this.versions.bump(tx, userId), { tenantId: PLATFORM_TENANT }),
    );
  }
}
