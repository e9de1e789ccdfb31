'use strict';
// Naive: the provider's answer and its webhook will do; nobody asks again about a payment that was begun.
const load = require('./load.cjs');
load('money/payments/reactions/ask-gateway-again.js').AskGatewayAgain.prototype.fire = async function fire() {};
// The webhook is lost as well: the provider dies with us, being part of the same process.
load('money/sandbox/jobs/send-sandbox-webhook.js').SendSandboxWebhook.prototype.run = async function run() {};
