import type { PaypalPaymentTokenUsageType, SetupTokenResponse, VaultTokenRequestType } from '@paypal/paypal-server-sdk';
import type { GatewayAccount } from '../../domain/payment-gateway';
import { maskedEmail, type KeepOutcome, type KeepRequest } from '../../domain/saved-method';
import { issueOf, surelyNothing, type PayPalFault } from './paypal-answers';
import type { PayPalClients } from './paypal-client';

/**
 * PayPal accounts kept in PayPal's vault: a setup token that the person approves at PayPal becomes a payment token. Both
 * calls carry an id of ours, so that asking again makes nothing twice. Source: PayPal, "Payment Method Tokens API v3".
 */
export class PayPalVault {
  constructor(private readonly clients: PayPalClients) {}

  async keep(account: GatewayAccount, request: KeepRequest): Promise<KeepOutcome> {
    const { vault } = await this.clients.of(account);
    const { savedMethodId, setupId, payer, returnUrl } = request;
    try {
      if (!setupId) {
        const body = {
          customer: { merchantCustomerId: payer },
          paymentSource: {
            paypal: {
              usageType: 'MERCHANT' as PaypalPaymentTokenUsageType,
              permitMultiplePaymentTokens: true,
              experienceContext: { returnUrl, cancelUrl: returnUrl },
            },
          },
        };
        return askedOf((await vault.createSetupToken({ body, paypalRequestId: `keep:${savedMethodId}` })).result);
      }
      const { result: setup } = await vault.getSetupToken(setupId);
      if (setup.status !== 'APPROVED' && setup.status !== 'VAULTED') return askedOf(setup);
      const token = { id: setupId, type: 'SETUP_TOKEN' as VaultTokenRequestType };
      const { result } = await vault.createPaymentToken({
        body: { paymentSource: { token } },
        paypalRequestId: `keep:${savedMethodId}:token`,
      });
      const email = result.paymentSource?.paypal?.emailAddress;
      return {
        status: 'active',
        setupId,
        providerMethodId: result.id!,
        card: null,
        label: email ? maskedEmail(email) : null,
      };
    } catch (error) {
      const fault = error as PayPalFault;
      // Keys that are wrong and too many calls are put right; a setup that is gone was not approved in its time.
      if (!surelyNothing(fault) || ![400, 404, 422].includes(fault.statusCode ?? 0)) throw error;
      return { status: 'failed', setupId, code: issueOf(fault), message: 'PayPal does not keep this way to pay.' };
    }
  }

  async forget(account: GatewayAccount, providerMethodId: string): Promise<void> {
    const { vault } = await this.clients.of(account);
    try {
      await vault.deletePaymentToken(providerMethodId);
    } catch (error) {
      if ((error as PayPalFault).statusCode !== 404) throw error;
    }
  }
}

function askedOf({ id, links, status }: SetupTokenResponse): KeepOutcome {
  const url = links?.find(({ rel }) => rel === 'approve')?.href;
  if (status === 'PAYER_ACTION_REQUIRED' && url) return { status: 'requires_action', setupId: id!, url };
  return { status: 'pending', setupId: id! };
}
