/**
 * Services of throw-away addresses that are widely known; a shop adds its own to its list `disposable`. Short on purpose:
 * such services change their domains weekly, and a long list would only look complete.
 */
const WIDELY_KNOWN = `0-mail.com 10minutemail.com 10minutemail.net 1secmail.com 1secmail.net 1secmail.org 20minutemail.com
  33mail.com anonbox.net binkmail.com bobmail.info burnermail.io byom.de chacuo.net deadaddress.com discard.email
  discardmail.com discardmail.de disposable.com disposableemailaddresses.com dispostable.com dropmail.me emailondeck.com
  emailsensei.com emltmp.com fakeinbox.com fakemail.net fakemailgenerator.com filzmail.com getairmail.com getnada.com
  grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org
  guerrillamailblock.com harakirimail.com inboxalias.com inboxbear.com inboxkitten.com incognitomail.com jetable.org
  mail-temp.com mail-temporaire.fr mailcatch.com maildrop.cc mailexpire.com mailforspam.com mailinator.com mailinator.net
  mailinator2.com mailmoat.com mailnesia.com mailnull.com mailpoof.com mailsac.com mailtemp.net mailtothis.com
  meltmail.com mintemail.com moakt.com mohmal.com mt2015.com mvrht.net mytemp.email mytrashmail.com nada.email
  nada.ltd nowmymail.com objectmail.com owlymail.com sharklasers.com shitmail.me smailpro.com sogetthis.com spam4.me
  spamavert.com spambog.com spambox.us spamdecoy.net spamex.com spamfree24.org spamgourmet.com spamherelots.com
  spaml.de superrito.com suremail.info teleworm.us temp-mail.io temp-mail.org temp-mail.ru tempail.com tempemail.net
  tempinbox.com tempmail.dev tempmail.net tempmail.plus tempmailo.com tempmailaddress.com tempr.email thankyou2010.com
  throwam.com throwawaymail.com tmail.ws tmpmail.net tmpmail.org trash-mail.com trash-mail.de trashmail.com trashmail.de
  trashmail.me trashmail.net trashymail.com trbvm.com wegwerfemail.de wegwerfmail.de wegwerfmail.net wegwerfmail.org
  yepmail.net yopmail.com yopmail.fr yopmail.net zetmail.com`;

const DOMAINS = new Set(WIDELY_KNOWN.split(/\s+/));

/** True for a domain, or one below it, that is widely known to hand out throw-away addresses. */
export const isWidelyKnownDisposable = (domains: readonly string[]): boolean =>
  domains.some((domain) => DOMAINS.has(domain));
