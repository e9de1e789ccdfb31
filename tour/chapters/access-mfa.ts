import { createHmac } from 'node:crypto';
import {
  challengeSecondFactor,
  confirmTotp,
  createMainstay,
  listFactors,
  login,
  moveClock,
  replaceBackupCodes,
  startTotp,
  stepUp,
  unwrap,
  verifySecondFactor,
  type SecondFactorView,
  type TokensView,
} from '../../sdk/src';
import { as, mailTo, mark, PASSWORD, refused, signIn, signUp } from '../actors';
import { same, type Guide } from '../guide';

/** The code that an authenticator app shows (RFC 6238): computed here, from the secret and the time alone. */
function appCode(secret: string, at: Date): string {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const seed = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / 30_000)));
  const mac = createHmac('sha1', seed).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** An authenticator app is added; from then on the password alone opens nothing. */
export async function accessMfa(guide: Guide, url: string): Promise<void> {
  guide.chapter('Access: second factors');
  const email = `tara-${mark}@example.com`;
  const anyone = createMainstay({ baseUrl: url });
  const tara = await guide.step('a person signs in with a password', async () => {
    await signUp(url, { email, name: 'Tara Totp', organizationName: `Factors ${mark}` });
    return as(url, await signIn(url, email));
  });
  /** The next time step: each one is good once. */
  const next = async (): Promise<Date> =>
    new Date(unwrap(await moveClock({ client: tara, body: { advanceSeconds: 30 } })).now);
  const { secret, qr } = await guide.step('an authenticator app: a secret to type, and a QR code', async () =>
    unwrap(await startTotp({ client: tara, body: { name: 'Phone' } })),
  );
  if (!qr.startsWith('data:image/png;base64,')) throw new Error('The QR code is no picture.');
  const codes = await guide.step('its first code, computed apart from Mainstay, brings ten backup codes', async () => {
    const code = appCode(secret, await next());
    const { backupCodes } = unwrap(await confirmTotp({ client: tara, body: { code } }));
    same('backup codes', backupCodes.length, 10);
    await mailTo(url, email, /factor was added/);
    return backupCodes;
  });
  const ask = async (): Promise<SecondFactorView> =>
    unwrap(await login({ client: anyone, body: { email, password: PASSWORD } })) as SecondFactorView;
  const asked = await guide.step('the password is no longer enough', async () => {
    const answer = await ask();
    same('answer', [answer.mfaRequired, answer.methods], [true, ['totp', 'backup_code']]);
    return answer;
  });
  const signedIn = await guide.step('the next code signs in; the same code again does not', async () => {
    const code = appCode(secret, await next());
    const verify = ({ mfaToken }: SecondFactorView) =>
      verifySecondFactor({ client: anyone, body: { mfaToken, method: 'totp', code } });
    const tokens = unwrap(await verify(asked)) as TokensView;
    same('code', (await refused(verify(await ask()))).code, 'identity.factor-refused');
    return tokens;
  });
  await guide.step('a backup code stands in for the phone, once, and its owner is told', async () => {
    const { mfaToken } = await ask();
    const method = 'backup_code';
    unwrap(await verifySecondFactor({ client: anyone, body: { mfaToken, method, code: codes[0] } }));
    await mailTo(url, email, /backup code was used/);
    const own = unwrap(await listFactors({ client: as(url, signedIn) }));
    same('left', own.backupCodesLeft, 9);
    same('level', [own.assurance.aal, own.assurance.amr], [2, ['pwd', 'otp', 'mfa']]);
  });
  await guide.step('a fresh proof gives new tokens, the old ones are void; new backup codes void the old', async () => {
    const body = { method: 'totp' as const, code: appCode(secret, await next()) };
    const fresh = unwrap(await stepUp({ client: as(url, signedIn), body })) as TokensView;
    same('status', (await refused(listFactors({ client: as(url, signedIn) }))).status, 401);
    unwrap(await replaceBackupCodes({ client: as(url, fresh) }));
    const { mfaToken } = await ask();
    const spent = { mfaToken, method: 'backup_code' as const, code: codes[1] };
    same('code', (await refused(verifySecondFactor({ client: anyone, body: spent }))).code, 'identity.factor-refused');
    const sms = challengeSecondFactor({ client: anyone, body: { mfaToken, method: 'sms' } });
    same('code', (await refused(sms)).code, 'identity.factor-method-unavailable');
  });
}
