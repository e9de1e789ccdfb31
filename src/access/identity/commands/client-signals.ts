import Bowser from 'bowser';
import type { RequestContext } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import type { DeviceKind } from '../domain/device';

/** What a client says of itself; anybody can say anything, so it is shown and compared, and never proves a thing. */
export interface ClientSignals {
  /** As people read it: `Firefox on Linux`, `curl`. */
  name: string;
  kind: DeviceKind;
  /** What stays the same over updates of the browser. */
  trait: string;
}

const KINDS: Record<string, DeviceKind> = { desktop: 'desktop', mobile: 'phone', tablet: 'tablet' };
const LONGEST_NAME = 60;

/** Reads the user agent and client hints of a request. */
export function signalsOf({ userAgent, clientHints }: Partial<RequestContext>): ClientSignals {
  if (!userAgent) return { name: 'Unknown device', kind: 'unknown', trait: '' };
  const { browser, os, platform } = Bowser.parse(userAgent);
  // By hints, browsers name their system where the user agent is frozen.
  const hinted = /\|"([\w .-]{1,30})"\|/.exec(clientHints ?? '')?.[1];
  const system = hinted ?? os.name;
  if (!browser.name || !system) {
    const program = /^[\w .-]+/.exec(userAgent)?.[0].trim().slice(0, LONGEST_NAME) || 'Unknown device';
    return { name: program, kind: 'program', trait: `program|${program}` };
  }
  const kind = KINDS[platform.type ?? ''] ?? 'unknown';
  return {
    name: `${browser.name} on ${system}`.slice(0, LONGEST_NAME),
    kind,
    trait: [browser.name, system, kind, platform.vendor ?? ''].join('|'),
  };
}

/** Which client a secret is presented by, as far as it can be told: its user agent and its device. */
export const clientOf = ({ userAgent, deviceId }: Partial<RequestContext>): Buffer =>
  sha256(`${userAgent ?? ''}\n${deviceId ?? ''}`);
