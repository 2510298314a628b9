import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const UNPACKED = join(tmpdir(), `cpm-sync-chromium-${process.getuid?.() ?? 'all'}-147.0.0`);
const UNPACK =
  "import chromium from '@sparticuz/chromium'; process.stdout.write(await chromium.executablePath());";

/** Flags that Chromium needs in a container, and flags that make pictures the same on every machine. */
const ARGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
];

/**
 * Starts a real Chromium without a window. It comes from the package @sparticuz/chromium (Linux on x64), or
 * from the path in the variable CHROMIUM. The caller must close it.
 * @throws Error with advice when it does not start: a test must never skip the browser.
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

/** Replaces the system's fonts with the bundled font, so that pictures are the same on every machine. */
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
 * Unpacks Chromium once for each machine and version. Several processes may do this at the same time, and
 * none must see a partial copy. So unpack it next to its place, and then move it there in one step.
 */
async function unpackedChromium(): Promise<string> {
  if (!existsSync(UNPACKED)) {
    const aside = mkdtempSync(`${UNPACKED}-`);
    // Use a separate process, because the package unpacks to the temporary folder, which a running process
    // cannot change.
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
