/**
 * `pending` until it was inspected; then `clean`, `infected`, or `unscannable` where nobody can say what is in it. Only
 * what is clean is ever handed out.
 */
export type FileState = 'pending' | 'clean' | 'infected' | 'unscannable';
export const FILE_STATES: readonly FileState[] = ['pending', 'clean', 'infected', 'unscannable'];

/** Sizes that pictures are kept in, by their longest side in pixels; none is larger than the picture. */
export const RENDITIONS = { small: 320, medium: 960, large: 1920 } as const;
export type RenditionName = keyof typeof RENDITIONS;
export const RENDITION_NAMES = Object.keys(RENDITIONS) as RenditionName[];
/** Media types that each size comes in. */
export const RENDITION_TYPES = ['image/webp', 'image/jpeg'] as const;
export type RenditionType = (typeof RENDITION_TYPES)[number];

export interface Rendition {
  name: RenditionName;
  mediaType: RenditionType;
  /** Pixels. */
  width: number;
  height: number;
  sizeBytes: number;
}

/** What became of a file's bytes. */
export interface Verdict {
  state: Exclude<FileState, 'pending'>;
  /** A virus scanner looked at the bytes. */
  scanned: boolean;
  /** Code that says why it is unscannable; null otherwise. */
  reason: string | null;
  /** Name that the scanner has for what it found; for infected ones alone. */
  signature: string | null;
}

/** Where bytes lie. */
export type StoreName = 'local' | 's3' | 'azure';
