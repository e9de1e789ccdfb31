import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';

/** A certificate of its own and its key, made now. */
export function selfSigned(name: string): { cert: string; key: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'apple-pay-'));
  try {
    const at = (file: string) => path.join(folder, file);
    const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
    const form = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', [...form, ...names, '-keyout', at('key'), '-out', at('cert')], { stdio: 'ignore' });
    return { cert: readFileSync(at('cert'), 'utf8'), key: readFileSync(at('key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A double of Apple's gateway for merchant sessions, on loopback by TLS: lets in whoever shows the certificate of a merchant
 * that it knows, and refuses others as Apple does.
 */
export class ApplePayDouble {
  readonly identity = selfSigned('localhost');
  readonly asked: Record<string, string>[] = [];
  /** Merchants by the certificate they show. */
  readonly merchants = new Map<string, string>();
  answer: 'session' | 'redirect' | 'endless' | 'nonsense' = 'session';
  url = '';
  private readonly server: Server;

  constructor() {
    const { cert, key } = this.identity;
    this.server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const shown = (request.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256 ?? '';
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, string>;
        this.asked.push(body);
        if (this.merchants.get(shown) !== body.merchantIdentifier) return void response.writeHead(417).end('{}');
        if (this.answer === 'redirect')
          return void response.writeHead(302, { location: 'https://169.254.169.254/' }).end();
        if (this.answer === 'nonsense') return void response.end('<html>');
        if (this.answer === 'endless') return void response.end('x'.repeat(200_000));
        response.end(
          JSON.stringify({
            merchantSessionIdentifier: 'SSH1',
            domainName: body.initiativeContext,
            nonce: 'n',
            signature: 's',
          }),
        );
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.url = `https://localhost:${(this.server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
