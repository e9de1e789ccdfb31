import type { GatewayAccount, GatewaySecrets } from './payment-gateway';

/** Secrets that may sign an account's webhooks now: the present ones, and rolled ones until their time is over. */
export const signingSecrets = ({ secrets }: GatewayAccount, nowMs: number): string[] => [
  ...secrets.webhook,
  ...(secrets.formerWebhook ?? []).filter(({ until }) => Date.parse(until) > nowMs).map(({ secret }) => secret),
];

/** The secrets after new ones came: what signed before goes on signing for a while, so that no webhook is lost. */
export function rolled(before: GatewaySecrets, after: GatewaySecrets, until: Date): GatewaySecrets {
  const gone = before.webhook.filter((secret) => !after.webhook.includes(secret));
  const former = (before.formerWebhook ?? []).filter(({ secret }) => !after.webhook.includes(secret));
  return {
    ...after,
    formerWebhook: [...gone.map((secret) => ({ secret, until: until.toISOString() })), ...former].slice(0, 5),
  };
}
