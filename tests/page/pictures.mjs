// Pictures of the status page for the README, into the folder that KCOMMONS_SCREENSHOTS names.
import {mkdirSync} from 'node:fs';
import test from 'node:test';
import {open, phone} from './browser.mjs';

const folder = process.env.KCOMMONS_SCREENSHOTS;
// To the two pools that are full: what is below hangs on what else this machine does.
const upper = {x: 0, y: 0, width: 1280, height: 728};
const looks = {
  light: {clip: upper},
  dark: {colorScheme: 'dark', clip: upper},
  narrow: {viewport: phone},
};

test('pictures are taken', async () => {
  mkdirSync(folder, {recursive: true});
  for (const [name, {clip, ...options}] of Object.entries(looks)) {
    await open('/', options, async (page) => {
      await page.screenshot({path: `${folder}/${name}.png`, clip});
    });
  }
});
