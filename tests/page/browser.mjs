// What the tests of the page share: a browser, pages in it, and what they must never do.
import assert from 'node:assert/strict';
import {after, before} from 'node:test';
import {chromium} from 'playwright-core';

export const url = process.env.PAGE_URL;
export const desk = {width: 1280, height: 800};
export const phone = {width: 390, height: 844};

let browser;

before(async () => {
  // The sandbox is not to be had by root; the page is our own.
  browser = await chromium.launch({
    executablePath: process.env.PAGE_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
});

after(async () => {
  await browser?.close();
});

// Opens `path` in a context of its own and hands the page to `look`. Whatever the policy blocks, and
// every error of the script, fails the test, but what `meant` is said of.
export async function open(path, options, look, meant = /^$/) {
  const context = await browser.newContext({viewport: desk, ...options});
  const said = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) said.push(message.text());
    });
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('dialog', (dialog) => said.push(`dialog: ${dialog.message()}`));
    page.on('requestfailed', (request) => {
      // A refresh that the end of the test cuts off.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') said.push(request.url());
    });
    const response = await page.goto(url + path);
    await look(page, response);
    // A page that is meant to be missing is an error to the console too.
    const allowed = response.status() >= 400 ? /Failed to load resource/ : /^$/;
    assert.deepEqual(said.filter((line) => !allowed.test(line) && !meant.test(line)), []);
  } finally {
    await context.close();
  }
}

// Within the first screen, so that nobody has to scroll.
export async function isOnFirstScreen(locator) {
  const box = await locator.boundingBox();
  const {width, height} = locator.page().viewportSize();
  assert.ok(box, `${locator} is not shown`);
  return box.y >= 0 && box.y + box.height <= height && box.x >= 0 && box.x + box.width <= width;
}

export async function column(page, number) {
  const texts = await page.locator(`#holders tbody tr > :nth-child(${number})`).allInnerTexts();
  return texts.map((text) => text.trim());
}

export function numbers(texts) {
  return texts.map((text) => Number(text.replaceAll(',', '')));
}
