'use strict';
/**
 * `npm run letters -- --picture`: makes the pictures of docs/notifications.md, all letters beside each other and one of them on a
 * desk and on a phone, as `/dev/mailbox` shows them. Needs a Chromium (`CHROMIUM` names it where it is not in the PATH).
 */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
require('./typescript.cjs');

const NOTIFICATIONS = path.join(__dirname, '../src/engagement/notifications');
const IMAGES = path.join(__dirname, '../docs/images');
/** As they are on a page of the documentation. */
const SCALE = 0.75;
/** Six beside each other, where a browser shows four: so that all of them fit a picture. */
const WIDE = '<style>main{max-width:110.3rem!important;padding:2.5rem 1.25rem 1.5rem!important}</style>';

const PICTURES = [
  {
    file: 'mail-letters.png',
    width: 1_800,
    height: 6_000,
    whole: true,
    html: ({ lettersPage }, letters) => lettersPage(letters) + WIDE,
  },
  {
    file: 'mail-letter.png',
    width: 1_280,
    height: 800,
    html: ({ sampleLetterPage }, letters) =>
      sampleLetterPage(letters.find(({ name }) => name === 'order-confirmation')),
  },
];

/** The browser that is there. @throws Error where there is none */
function chromium() {
  const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean);
  for (const name of names) {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return name;
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`No browser (${names.join(', ')}): install Chromium, or name one in CHROMIUM.`);
}

/** A page as a browser shows it, as PNG. */
function shot(browser, folder, html, { width, height }) {
  const [page, picture] = [path.join(folder, 'page.html'), path.join(folder, 'page.png')];
  // Frames of another origin are not painted where no window shows them; here they are of the page's.
  fs.writeFileSync(page, html.replaceAll(/ sandbox="[^"]*"/g, ''));
  execFileSync(
    browser,
    [
      '--headless',
      '--disable-gpu',
      '--hide-scrollbars',
      '--no-first-run',
      // As root, which CI and containers are, Chromium runs without its sandbox alone; the pages are our own and run no script.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--user-data-dir=${path.join(folder, 'browser')}`,
      `--window-size=${width},${height}`,
      '--virtual-time-budget=5000',
      `--screenshot=${picture}`,
      `file://${page}`,
    ],
    { stdio: 'ignore', timeout: 120_000 },
  );
  return fs.readFileSync(picture);
}

/** The height of what is on it: rows at the end that are like the last one are nothing. */
async function filled(sharp, png) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const row = (y) => data.subarray(y * info.width * 3, (y + 1) * info.width * 3);
  const last = row(info.height - 1);
  let end = info.height;
  while (end > 1 && row(end - 1).equals(last)) end -= 1;
  return Math.min(info.height, end + 32);
}

async function letterPictures() {
  const sharp = require('sharp');
  const { SampleLettersHandler } = require(path.join(NOTIFICATIONS, 'queries/sample-letters.ts'));
  const { Renderer } = require(path.join(NOTIFICATIONS, 'templates/renderer.ts'));
  const { SAMPLE_BASE } = require(path.join(NOTIFICATIONS, 'templates/samples.ts'));
  const pages = require(path.join(NOTIFICATIONS, 'http/dev-mailbox.page.ts'));
  const letters = await new SampleLettersHandler(new Renderer(), SAMPLE_BASE).execute({});
  const browser = chromium();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'letters-'));
  try {
    for (const { file, html, whole, ...size } of PICTURES) {
      const png = shot(browser, folder, html(pages, letters), size);
      const height = whole ? await filled(sharp, png) : size.height;
      const smaller = await sharp(png)
        .extract({ left: 0, top: 0, width: size.width, height })
        .toBuffer()
        .then((cut) => sharp(cut).resize({ width: Math.round(size.width * SCALE) }))
        .then((resized) => resized.png({ palette: true, compressionLevel: 9, effort: 10 }).toBuffer());
      fs.writeFileSync(path.join(IMAGES, file), smaller);
      process.stdout.write(
        `docs/images/${file} written, ${letters.length} letters, ${Math.round(smaller.length / 1024)} KB\n`,
      );
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { letterPictures };
