import {
  changeCurrentOrganization,
  listAuditLogs,
  login,
  verifyAuditLogs,
  createMainstay,
  getProfile,
  unwrap,
} from '../../sdk/src';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

/** What was done and what was refused stands in a sealed trail, which proves itself. */
export async function accessAudit(guide: Guide, url: string): Promise<void> {
  guide.chapter('Access: the audit trail');
  const email = `audrey-${mark}@example.com`;
  const owner = await guide.step('an owner changes the organization, and somebody fails to sign in', async () => {
    await signUp(url, { email, name: 'Audrey Audit', organizationName: `Audited ${mark}` });
    const client = as(url, await signIn(url, email));
    unwrap(await changeCurrentOrganization({ client, body: { name: `Audited Anew ${mark}` } }));
    const { organization } = unwrap(await getProfile({ client }));
    const guest = createMainstay({ baseUrl: url, tenant: organization!.slug });
    const wrong = await refused(login({ client: guest, body: { email, password: 'not the password at all' } }));
    same('code', wrong.code, 'identity.invalid-credentials');
    return client;
  });
  await guide.step('both are in the trail: who, what, with which result', async () => {
    const { data } = unwrap(await listAuditLogs({ client: owner, query: { limit: 50 } }));
    const changed = data.find(({ action }) => action === 'ChangeOrganization');
    same('result of the change', changed?.result, 'ok');
    const failed = data.find(({ action, result }) => action === 'LogIn' && result !== 'ok');
    same('result of the sign-in', failed?.result, 'identity.invalid-credentials');
    same('address that was named', failed?.email, email);
  });
  await guide.step('a second later the entries are sealed, and the trail verifies', async () => {
    await until('All entries sealed', async () => {
      const { data } = unwrap(await listAuditLogs({ client: owner, query: { action: 'ChangeOrganization' } }));
      return data.every(({ seq }) => seq !== null) || undefined;
    });
    const report = unwrap(await verifyAuditLogs({ client: owner }));
    same('verified', report.ok, true);
  });
}
