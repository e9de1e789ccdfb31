import { request as send } from 'node:https';
import { logger } from '../../../kernel/telemetry/logger';
import type { MerchantIdentity } from '../domain/apple-pay';
import { applePayRefused, gatewaySilent } from '../domain/payments.errors';

/** Bytes of a merchant session that are read at most; real ones have five thousand. */
const MOST_BYTES = 64_000;

/**
 * Asks Apple for a merchant session by mutual TLS. What it answers is opaque, of one use and for five minutes: it goes to
 * the browser as it is. Nothing is followed elsewhere.
 * @param ca who is trusted besides the usual authorities (PEM), for a double
 * @throws AppError conflict `payments.apple-pay-refused`, unavailable `payments.gateway-silent`
 */
export async function merchantSession(
  url: URL,
  identity: MerchantIdentity,
  domain: string,
  { timeoutMs, ca }: { timeoutMs: number; ca: string | null },
): Promise<Record<string, unknown>> {
  const { merchantIdentifier, displayName, certificate, privateKey } = identity;
  const body = JSON.stringify({ merchantIdentifier, displayName, initiative: 'web', initiativeContext: domain });
  const tls = { cert: certificate, key: privateKey, minVersion: 'TLSv1.2' as const, ...(ca ? { ca } : {}) };
  const { status, text } = await post(url, body, { ...tls, timeoutMs }).catch((error: Error) => {
    logger.warn({ host: url.hostname, reason: error.message.slice(0, 200) }, 'Apple Pay gave no merchant session');
    throw gatewaySilent();
  });
  const session = status === 200 ? parsed(text) : null;
  if (!session) {
    logger.warn({ host: url.hostname, status }, 'Apple Pay refused a merchant session');
    throw applePayRefused(status);
  }
  return session;
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'merchantSessionIdentifier' in value
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function post(
  url: URL,
  body: string,
  { timeoutMs, ...tls }: { cert: string; key: string; ca?: string; minVersion: 'TLSv1.2'; timeoutMs: number },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(timeoutMs);
    const request = send(url, { method: 'POST', headers, signal, agent: false, ...tls }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_BYTES) request.destroy(new Error('The answer is too long.'));
        else chunks.push(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}
