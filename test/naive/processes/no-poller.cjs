'use strict';
// Naive: the provider's answer and its webhook will do; nobody asks again about a payment that was begun.
const { load, hook } = require('./load.cjs');
const { AskGatewayAgain } = load('money/payments/reactions/ask-gateway-again.js');
// The webhook is lost as well: the provider dies with us, being part of the same process.
const { SendSandboxWebhook } = load('money/sandbox/jobs/send-sandbox-webhook.js');

hook(AskGatewayAgain, 'fire', () => async function fire() {});
hook(SendSandboxWebhook, 'run', () => async function run() {});
