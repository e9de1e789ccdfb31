/**
 * What the sign-in page runs for a passkey: an ordinary sign-in, whose access token is exchanged for the board's cookie,
 * and whose session ends then. Routes come with the button, from whoever supplies the sign-in. Browsers that cannot read
 * the options as JSON (WebAuthn level 3) do not see the button.
 */
export const PASSKEY_SCRIPT = `'use strict';
const button = document.getElementById('passkey');
const fault = document.getElementById('fault');
const post = async (url, body, token) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: 'Bearer ' + token } : {}) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer.status === 204 ? null : answer.json();
};
const signIn = async () => {
  const { options, login, logout } = button.dataset;
  const start = await post(options, {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(start.options);
  const credential = await navigator.credentials.get({ publicKey });
  const { accessToken } = await post(login, { challengeId: start.challengeId, credential: credential.toJSON() });
  const entered = await fetch('/queues/login', { method: 'POST', body: new URLSearchParams({ accessToken }), redirect: 'manual' });
  await post(logout, {}, accessToken).catch(() => undefined);
  if (entered.type !== 'opaqueredirect') throw new Error('This passkey is no operator\\u2019s.');
  location.assign('/queues');
};
if (window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await signIn();
    } catch (error) {
      fault.textContent = error.name === 'NotAllowedError' ? 'No passkey was used.' : error.message;
      fault.hidden = false;
      button.disabled = false;
    }
  });
}
`;
