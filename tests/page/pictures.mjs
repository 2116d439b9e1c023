// Pictures of the status page for the README, into the folder that KCOMMONS_SCREENSHOTS names.
import {mkdirSync} from 'node:fs';
import test from 'node:test';
import {open, phone} from './browser.mjs';

const folder = process.env.KCOMMONS_SCREENSHOTS;
const looks = {light: {}, dark: {colorScheme: 'dark'}, narrow: {viewport: phone}};

test('pictures are taken', async () => {
  mkdirSync(folder, {recursive: true});
  for (const [name, options] of Object.entries(looks)) {
    await open('/', options, async (page) => {
      await page.screenshot({path: `${folder}/${name}.png`});
    });
  }
});
