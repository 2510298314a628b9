import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const UNPACKED = join(tmpdir(), `cpm-sync-chromium-${process.getuid?.() ?? 'all'}-147.0.0`);
const UNPACK =
  "import chromium from '@sparticuz/chromium'; process.stdout.write(await chromium.executablePath());";

/** What Chromium needs in a container, and what keeps pictures the same on every machine. */
const ARGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
];

/**
 * Starts a real Chromium without a window: the one of the package @sparticuz/chromium (Linux on x64), or the program
 * that the variable CHROMIUM names. Whoever starts it closes it.
 * @throws Error that says what to do, where it does not start: a test of the browser must never be passed over.
 */
export async function launchBrowser(): Promise<Browser> {
  try {
    const { CHROMIUM } = process.env;
    if (CHROMIUM) return await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    const executablePath = await unpackedChromium();
    const env = { ...process.env, FONTCONFIG_FILE: join(UNPACKED, 'fonts.conf') };
    return await chromium.launch({ executablePath, args: ARGS, env });
  } catch (cause) {
    const advice =
      'Chromium does not start here, and tests of the browser need it. The package @sparticuz/chromium carries one for Linux on x64; elsewhere let the variable CHROMIUM name a Chrome or Chromium.';
    throw new Error(`${advice}\n${(cause as Error).message}`, { cause });
  }
}

/** The font that comes with it stands in for the system's own, so that pictures are the same on every machine. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${UNPACKED}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${UNPACKED}/fonts-cache</cachedir>
  <alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`;

/**
 * Unpacks Chromium once a machine and version. Several processes may come at the same moment, and none must meet half of
 * it: it is unpacked beside its place, and moved there as a whole.
 */
async function unpackedChromium(): Promise<string> {
  if (!existsSync(UNPACKED)) {
    const aside = mkdtempSync(`${UNPACKED}-`);
    // In a process of its own: the package unpacks to the temporary folder, which a running process cannot change.
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', UNPACK], {
      env: { ...process.env, TMPDIR: aside },
    });
    writeFileSync(join(aside, 'fonts.conf'), FONTS);
    try {
      renameSync(aside, UNPACKED);
    } catch (error) {
      rmSync(aside, { recursive: true, force: true });
      if (!existsSync(UNPACKED)) throw error;
    }
  }
  return join(UNPACKED, 'chromium');
}
