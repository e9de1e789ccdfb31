import { randomInt } from 'node:crypto';
import { expectStatus, type TestClient } from '../../support/client';
import { mailTo, PASSWORD, type Shop } from '../../support/shop';
import { totpCode } from '../../support/totp';
import type { Arrangements, World } from '../world';

const PASSKEY = 'A passkey signs a fresh challenge; the tests of passkeys have an authenticator that does.';

interface Asked {
  mfaToken: string;
  methods: string[];
}

/** The code of the newest mail or text message to an address. */
const codeTo = async ({ anyone }: World, to: string): Promise<string> =>
  /\d{6}/.exec((await mailTo(anyone, to, /^\d{6} is/)).subject)![0];

/** Codes of an app, which are good once in their time step: the one before, this one and the next. */
const appCode = async (client: TestClient, secret: string, step = 0): Promise<string> => {
  const { now } = expectStatus(await client.get<{ now: string }>('/dev/clock'), 200);
  return totpCode(secret, Date.parse(now) + step * 30_000);
};

/** An owner with an authenticator app; `client` is the session that added it. */
async function withApp(world: World): Promise<{ shop: Shop; client: TestClient; secret: string; factorId: string }> {
  const shop = await world.ownShop();
  const client = shop.asOwner;
  const setup = expectStatus(
    await client.post<{ secret: string; factorId: string }>('/auth/mfa/totp', { name: 'Phone' }),
    201,
  );
  const code = await appCode(client, setup.secret, -1);
  expectStatus(await client.post('/auth/mfa/totp/confirm', { code }), 200);
  return { shop, client, ...setup };
}

const ask = async (world: World, { owner }: Shop): Promise<Asked> =>
  expectStatus(await world.anyone.post<Asked>('/auth/login', { email: owner.user.email, password: PASSWORD }), 200);

/** A shop that demands a second factor of somebody who has none: the sign-in waits for one. */
async function demanded(world: World): Promise<{ shop: Shop; mfaToken: string }> {
  const shop = await world.ownShop();
  const policy = { mfa: { mode: 'required' } };
  expectStatus(await shop.asOwner.call('PATCH', '/security-policy', policy), 200);
  return { shop, mfaToken: (await ask(world, shop)).mfaToken };
}

/** A second factor by mail or text message that waits for its code. */
async function begun(world: World, method: 'email' | 'sms') {
  const shop = await world.ownShop();
  const phone = `+49151${String(randomInt(1e8)).padStart(8, '0')}`;
  const body = method === 'sms' ? { phone } : undefined;
  const started = await shop.asOwner.post<{ challengeId: string }>(`/auth/mfa/${method}`, body);
  const { challengeId } = expectStatus(started, 201);
  return {
    client: shop.asOwner,
    email: shop.owner.user.email,
    body: { challengeId, code: await codeTo(world, method === 'sms' ? phone : shop.owner.user.email) },
  };
}

const arrangements: Arrangements = {
  startTotp: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  startSmsFactor: async ({ ownShop }) => ({
    client: (await ownShop()).asOwner,
    body: { challengeId: undefined },
  }),
  startEmailFactor: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  confirmTotp: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    const { secret } = expectStatus(await asOwner.post<{ secret: string }>('/auth/mfa/totp', { name: 'Phone' }), 201);
    return { client: asOwner, body: { code: await appCode(asOwner, secret) } };
  },
  confirmSmsFactor: async (world) => {
    const { client, body } = await begun(world, 'sms');
    return { client, body };
  },
  confirmEmailFactor: async (world) => {
    const { client, body } = await begun(world, 'email');
    return { client, body };
  },
  replaceBackupCodes: async (world) => ({ client: (await withApp(world)).client }),
  renameFactor: async (world) => {
    const { client, factorId } = await withApp(world);
    return { client, path: { id: factorId } };
  },
  removeFactor: async (world) => {
    const { client, factorId } = await withApp(world);
    return { client, path: { id: factorId } };
  },
  verifySecondFactor: async (world) => {
    const { shop, client, secret } = await withApp(world);
    const { mfaToken } = await ask(world, shop);
    return { client: world.anyone, body: { mfaToken, code: await appCode(client, secret) } };
  },
  challengeSecondFactor: async (world) => {
    const { client, email, body } = await begun(world, 'sms');
    expectStatus(await client.post('/auth/mfa/sms/confirm', body), 200);
    const asked = await world.anyone.post<Asked>('/auth/login', { email, password: PASSWORD });
    return { client: world.anyone, body: { mfaToken: expectStatus(asked, 200).mfaToken } };
  },
  startEnrolment: async (world) => {
    const { mfaToken } = await demanded(world);
    return { client: world.anyone, body: { mfaToken, phone: undefined } };
  },
  finishEnrolment: async (world) => {
    const { shop, mfaToken } = await demanded(world);
    const begin = await world.anyone.post<{ secret: string }>('/auth/mfa/enrolment', { mfaToken, method: 'totp' });
    const { secret } = expectStatus(begin, 200);
    return { client: world.anyone, body: { mfaToken, code: await appCode(shop.asOwner, secret) } };
  },
  openRecovery: async (world) => {
    const { shop } = await withApp(world);
    return { client: world.anyone, body: { mfaToken: (await ask(world, shop)).mfaToken } };
  },
  stopRecovery: async (world) => {
    const { shop, client } = await withApp(world);
    const { mfaToken } = await ask(world, shop);
    const opened = await world.anyone.post('/auth/mfa/recovery', { mfaToken });
    if (opened.status >= 300) throw new Error(opened.text);
    return { client };
  },
  completeRecovery: { notSent: 'It waits for days and for a mail; the tests of recovery move the clock for it.' },
  approveFactorRecovery: { notSent: 'It is of a person who waits for it; the tests of recovery bring one about.' },
  stepUp: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, body: { password: shop.owner.password } };
  },
  addPasskey: { notSent: PASSKEY },
  logInWithPasskey: { notSent: PASSKEY },
  challengeStepUp: { notSent: PASSKEY },
};
export default arrangements;
