import { Resolver } from 'node:dns/promises';
import { Config } from '../../../kernel/config/config';
import { proofName, proofText } from '../domain/domain-name';
import { DomainProof, type ProofAnswer } from '../domain/domain-proof';

const TIMEOUT_MS = 5_000;

const SAID: Record<string, string> = {
  ENOTFOUND: 'There is no such name in DNS.',
  ENODATA: 'The name has no TXT record.',
  ETIMEOUT: 'The name server did not answer in time.',
  ESERVFAIL: 'The name server failed.',
  ECONNREFUSED: 'The name server cannot be reached.',
};

/** Asks name servers for the TXT record `_mainstay.<host>`. */
export class DnsDomainProof extends DomainProof {
  constructor(private readonly servers: readonly string[]) {
    super();
  }

  async look(host: string, token: string): Promise<ProofAnswer> {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
    if (this.servers.length > 0) resolver.setServers(this.servers);
    try {
      const records = await resolver.resolveTxt(proofName(host));
      if (records.some((parts) => parts.join('').trim() === proofText(token))) return { proven: true };
      return { proven: false, fault: `${proofName(host)} has a TXT record, but not "${proofText(token)}".` };
    } catch (error) {
      const { code = 'EUNKNOWN' } = error as { code?: string };
      return { proven: false, fault: SAID[code] ?? `The look-up failed (${code}).` };
    }
  }
}

/** Takes every domain for proven: development has no name server, and asks no foreign one. */
export class TrustingDomainProof extends DomainProof {
  look(): Promise<ProofAnswer> {
    return Promise.resolve({ proven: true });
  }
}

/** Name servers where there are some to ask: those that are set, or in production those of the machine. */
export const domainProofOf = (config: Config): DomainProof =>
  config.isProduction || config.dnsServers.length > 0
    ? new DnsDomainProof(config.dnsServers)
    : new TrustingDomainProof();
