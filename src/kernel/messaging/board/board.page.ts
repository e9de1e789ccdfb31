import type { OperatorLogin } from '../../auth/operator-login';
import { escapeHtml, page } from '../../http/page';

const FIELD =
  'style="display:block;width:100%;margin-top:.25rem;padding:.6rem .7rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:8px"';

/** Where an operator signs in to the board: by password and code, or by passkey. */
export interface SignInForm {
  /** Why the last try failed. */
  fault?: string;
  email?: string;
  passkeys: OperatorLogin['passkeys'];
}

const passkeyButton = (routes: NonNullable<OperatorLogin['passkeys']>): string =>
  `<p id="fault" role="alert" class="down" hidden></p>` +
  `<p><button id="passkey" type="button" hidden data-options="${escapeHtml(routes.options)}" data-login="${escapeHtml(routes.login)}" ` +
  `data-logout="${escapeHtml(routes.logout)}">Sign in with a passkey</button></p><script src="/queues/passkey.js" defer></script>`;

export const signInPage = ({ fault, email = '', passkeys }: SignInForm): string =>
  page(
    'Queues · Mainstay',
    `<h1>Queues</h1><p class="lead">Jobs at work. Sign in as an operator of this installation.</p>` +
      (fault ? `<p role="alert" class="down">${escapeHtml(fault)}</p>` : '') +
      `<form method="post" action="/queues/login" style="max-width:24rem">` +
      `<label>E-mail <input ${FIELD} type="email" name="email" autocomplete="username" required autofocus maxlength="320" value="${escapeHtml(email)}"></label>` +
      `<label>Password <input ${FIELD} type="password" name="password" autocomplete="current-password" required maxlength="1024"></label>` +
      `<label>Code, if you have a second factor <input ${FIELD} name="code" autocomplete="one-time-code" maxlength="64" placeholder="from your app, or a backup code"></label>` +
      `<div><button type="submit">Sign in</button></div></form>${passkeys ? passkeyButton(passkeys) : ''}<footer><a href="/">Home</a></footer>`,
  );

/** Put into the board's page: who is signed in, and how to leave. */
export const signOutBar = (email: string): string =>
  `<form method="post" action="/queues/logout" style="position:fixed;right:.75rem;bottom:.75rem;z-index:1000;font:13px system-ui">` +
  `<button type="submit" style="padding:.4rem .8rem;border-radius:6px;border:1px solid #8886;background:#1b222c;color:#e8ecf2;cursor:pointer">Sign out ${escapeHtml(email)}</button></form>`;
