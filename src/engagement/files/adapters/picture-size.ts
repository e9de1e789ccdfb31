/** Pixels of a picture, as its header says. */
export interface PictureSize {
  width: number;
  height: number;
  /** Frames of an animation. */
  pages: number;
}

/**
 * The size of a picture by its first bytes; null where they do not hold its header, or it has none. Nothing is decoded.
 * The library comes with the first picture: it is large.
 */
export async function pictureSize(head: Buffer): Promise<PictureSize | null> {
  const { default: sharp } = await import('sharp');
  try {
    const {
      width,
      height,
      pages = 1,
    } = await sharp(head, {
      failOn: 'none',
      limitInputPixels: false,
      animated: false,
    }).metadata();
    return { width, height, pages };
  } catch {
    // The header may lie further behind; the worker, which has all of it, looks again.
    return null;
  }
}
