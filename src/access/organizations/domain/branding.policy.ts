/** What an organization looks like; absent parts have the product's defaults. */
export interface StoredBranding {
  /** Address of a picture, https. */
  logoUrl?: string;
  /** `#rrggbb`. */
  primaryColor?: string;
  accentColor?: string;
  /** Name in the From line of mails; default the organization's. */
  senderName?: string;
  /** Where answers to mails go. */
  replyTo?: string;
  tagline?: string;
}

export const DEFAULT_COLOR = '#1f5eff';
/** WCAG 2.2, 1.4.3: least contrast of text of normal size. */
export const READABLE = 4.5;

const COLOR = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;

/** `#rrggbb` in lower case, or null for what is no such colour. */
export function canonicalColor(text: unknown): string | null {
  if (typeof text !== 'string' || !COLOR.test(text)) return null;
  const digits = text.slice(1).toLowerCase();
  return `#${digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits}`;
}

/** Relative luminance of a canonical colour (WCAG 2.2). */
function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of two canonical colours, 1 to 21, to two places. */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return Math.round(((light + 0.05) / (dark + 0.05)) * 100) / 100;
}

export interface ColorAdvice {
  color: string;
  /** What to write on it: black or white, whichever is read better. */
  textColor: '#000000' | '#ffffff';
  /** Contrast of that text. */
  textContrast: number;
  /** Contrast of the colour itself on a white page. */
  onWhite: number;
  /** What to mind, or null. */
  hint: string | null;
}

/** How a colour can be used so that everybody can read. */
export function colorAdvice(color: string): ColorAdvice {
  const onWhite = contrast(color, '#ffffff');
  const onBlack = contrast(color, '#000000');
  const textColor = onWhite >= onBlack ? '#ffffff' : '#000000';
  return {
    color,
    textColor,
    textContrast: Math.max(onWhite, onBlack),
    onWhite,
    hint:
      onWhite >= READABLE
        ? null
        : `Text in ${color} on white has a contrast of ${onWhite}:1; WCAG AA asks for ${READABLE}:1. Use it for areas and write on it in ${textColor}, or choose a darker one.`,
  };
}
