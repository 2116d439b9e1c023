// The status page in Chromium, on the machine that page_test.sh has made.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {column, isOnFirstScreen, numbers, open, phone, url} from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const {PAGE_WATCHER: watcher, PAGE_UNIT: unit, PAGE_HOSTILE: hostile} = process.env;

const heading = (page, name) =>
  page.locator('#holders thead').getByRole('link', {name, exact: true});
const card = (page, title) => page.locator('article.finding', {hasText: title}).first();

test('the culprit, the neighbours and the remedy are read without scrolling', async () => {
  await open('/', {}, async (page) => {
    const files = card(page, 'open files');
    const watches = card(page, 'inotify watches');
    const shown = [
      files.getByText('import-job'),
      files.getByText('shop-api'),
      files.getByText('ENFILE'),
      files.getByText('sysctl -w fs.file-max='),
      watches.getByText('docs-preview', {exact: true}),
      watches.getByText(unit),
      watches.getByText('ENOSPC'),
      watches.getByText('sysctl -w fs.inotify.max_user_watches='),
      watches.getByText('as another UID'),
    ];
    for (const each of shown) assert.ok(await isOnFirstScreen(each), `${each} is below the fold`);
    assert.equal(await files.locator('.culprit').innerText(), 'import-job');
    assert.equal(await watches.locator('.culprit').innerText(), 'docs-preview');
    assert.match(await watches.locator('h2').innerText(), new RegExp(`uid ${watcher}`));
    assert.match(await page.title(), /^\(2\) kcommons$/);
  });
});

test('the policy is strict and blocks nothing that the page uses', async () => {
  await open('/', {}, async (page, response) => {
    const policy = response.headers()['content-security-policy'];
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(response.headers()['x-content-type-options'], 'nosniff');
    // The style sheet is in force, and the script has run.
    assert.equal(await page.locator('main').evaluate((main) => getComputedStyle(main).maxWidth),
      '1248px');
    await page.getByRole('button', {name: 'Pause refresh'}).waitFor();
    // And nothing else would be.
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.foreign = 1';
      const blocked = new Promise((done) => {
        document.addEventListener('securitypolicyviolation', () => done(true), {once: true});
        setTimeout(() => done(false), 2000);
      });
      document.body.append(script);
      return blocked.then((was) => [was, window.foreign]);
    });
    assert.deepEqual(ran, [true, undefined]);
  }, /Executing inline script violates/);
});

test('columns sort in both directions and the address says so', async () => {
  await open('/', {}, async (page) => {
    await heading(page, 'Open files').click();
    assert.match(page.url(), /\?sort=open_files#holders$/);
    const down = numbers(await column(page, 3));
    assert.ok(down.length >= 6);
    assert.deepEqual(down, [...down].sort((a, b) => b - a));
    assert.match((await column(page, 1))[0], /^import-job/);
    const sorted = page.locator('#holders th[aria-sort]');
    assert.equal(await sorted.getAttribute('aria-sort'), 'descending');
    await sorted.getByRole('link').click();
    assert.match(page.url(), /sort=open_files&order=asc#holders$/);
    const up = numbers(await column(page, 3));
    assert.deepEqual(up, [...up].sort((a, b) => a - b));
  });
});

test('the filter keeps what was sorted and can be bookmarked', async () => {
  await open('/?sort=name', {}, async (page) => {
    await page.getByLabel(/^Filter by name/).fill('SHOP-WEB');
    await page.keyboard.press('Enter');
    await page.waitForURL(/sort=name&filter=SHOP-WEB#holders$/);
    const names = (await column(page, 1)).map((text) => text.split('\n')[0]);
    assert.deepEqual(names, ['shop-web-1', 'shop-web-2']);
    await open(page.url().slice(url.length), {}, async (again) => {
      assert.equal((await column(again, 1)).length, 2);
    });
    await page.getByRole('link', {name: 'Show all'}).click();
    assert.ok((await column(page, 1)).length >= 6);
    await page.getByRole('link', {name: 'Units of the host'}).click();
    assert.ok((await column(page, 1)).some((text) => text.includes(unit)));
    await page.getByRole('link', {name: 'Users'}).click();
    assert.ok((await column(page, 1)).some((text) => text.includes(watcher)));
  });
});

test('what is wrong in an address is told and not ignored', async () => {
  await open('/?sort=colour', {}, async (page, response) => {
    assert.equal(response.status(), 400);
    assert.match(await page.locator('main').innerText(), /sort: "colour", expected name, share/);
  });
  await open('/?colour=red', {}, async (page, response) => assert.equal(response.status(), 400));
});

test('one drills down from the answer to the holder, its pool and its neighbours', async () => {
  await open('/', {}, async (page) => {
    await card(page, 'open files').locator('.culprit a').click();
    assert.match(await page.locator('h1').innerText(), /^import-job/);
    assert.match(await page.locator('#facts').innerText(), /docker/);
    await page.locator('#shares').getByRole('link', {name: 'open files'}).first()
      .click();
    assert.match(await page.locator('h1').innerText(), /^open files/);
    assert.match(await page.locator('#who tbody tr').first().innerText(), /^import-job/);
    await page.locator('#neighbours').getByRole('link', {name: 'shop-api'}).click();
    assert.match(await page.locator('h1').innerText(), /^shop-api/);
    assert.match(await page.locator('#shared').innerText(), /open files/);
  });
  await open(`/pool?resource=inotify_watches&userns=initial&uid=${watcher}`, {}, async (page) => {
    assert.match(await page.locator('#neighbours').innerText(), new RegExp(unit));
  });
  await open('/holder?container_id=0123456789ab', {}, async (page, response) => {
    assert.equal(response.status(), 404);
    assert.match(await page.locator('main').innerText(), /may have been there in an earlier one/);
  });
});

test('a pool opens to its holders, by mouse and by keyboard', async () => {
  await open('/', {}, async (page) => {
    const pool = page.locator('details#pool-open_files--');
    assert.equal(await pool.locator('.body').isVisible(), false);
    await pool.locator('summary').click();
    assert.match(await pool.locator('.holders').innerText(), /import-job/);
    await pool.locator('summary').press('Enter');
    assert.equal(await pool.locator('.body').isVisible(), false);
  });
  await open('/', {}, async (page) => {
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', {name: 'Skip to the answer'});
    assert.ok(await skip.evaluate((link) => link === document.activeElement));
    assert.ok(await isOnFirstScreen(skip));
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement.closest('main') !== null));
  });
});

test('all of it works without a script', async () => {
  await open('/', {javaScriptEnabled: false}, async (page) => {
    assert.equal(await page.locator('#pause').isVisible(), false);
    await page.locator('details#pool-open_files-- > summary').click();
    assert.ok(await page.locator('details#pool-open_files-- .holders').isVisible());
    await heading(page, 'Open files').click();
    assert.match((await column(page, 1))[0], /^import-job/);
    await page.getByLabel(/^Filter by name/).fill('shop-db');
    await page.getByRole('button', {name: 'Filter'}).click();
    assert.equal((await column(page, 1)).length, 1);
  });
});

test('the page renews itself and loses neither what is open nor the place', async () => {
  await open('/', {}, async (page) => {
    await page.clock.install();
    await page.reload();
    const pool = page.locator('details#pool-open_files--');
    await pool.locator('summary').click();
    await page.locator('#state').scrollIntoViewIfNeeded();
    await pool.locator('summary').evaluate((summary) => summary.focus({preventScroll: true}));
    const mark = () => page.locator('main').evaluate((main) => { main.dataset.old = '1'; });
    const isNew = () => page.waitForFunction(() => !document.getElementById('main').dataset.old);
    const before = await page.evaluate(() => scrollY);
    await mark();
    await page.clock.runFor(10500);
    await isNew();
    assert.ok(await pool.locator('.holders').isVisible());
    assert.ok(await pool.locator('summary').evaluate((it) => it === document.activeElement));
    assert.ok(Math.abs(await page.evaluate(() => scrollY) - before) < 60);
    const pause = page.getByRole('button', {name: 'Pause refresh'});
    await pause.click();
    assert.equal(await pause.getAttribute('aria-pressed'), 'true');
    await mark();
    await page.clock.runFor(30500);
    assert.equal(await page.locator('main').getAttribute('data-old'), '1');
    await pause.click();
    await isNew();
    assert.equal(await pause.getAttribute('aria-pressed'), 'false');
  });
});

test('a narrow screen needs no scrolling sideways', async () => {
  for (const path of ['/', '/?by=user', '/pool?resource=open_files']) {
    await open(path, {viewport: phone}, async (page) => {
      await page.evaluate(() => document.querySelectorAll('details').forEach((it) => {
        it.open = true;
      }));
      const [wide, has] = await page.evaluate(() =>
        [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(wide <= has, `${path} is ${wide} wide, of ${has}`);
    });
  }
  await open('/', {viewport: phone}, async (page) => {
    assert.ok(await isOnFirstScreen(page.locator('.culprit').first()));
  });
});

test('a name that would harm is shown as text', async () => {
  await open('/?filter=onerror', {}, async (page) => {
    const [name] = await column(page, 1);
    const visible = hostile.replace('\x1b', '\\x1b').replace('\x01', '\\x01')
      .replace('\u202e', '\\u202e');
    assert.ok(name.includes(visible), `${JSON.stringify(name)} has no ${JSON.stringify(visible)}`);
    await page.locator('#holders tbody a').first().click();
    assert.ok((await page.locator('h1').innerText()).includes('<img src=x onerror='));
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.evaluate(() => window.harmed), undefined);
  });
});

test('axe finds no serious fault', async () => {
  const looks = [
    ['/', {}], ['/', {colorScheme: 'dark'}], ['/?by=user', {viewport: phone}],
    ['/pool?resource=open_files', {}], ['/pool?resource=open_files', {colorScheme: 'dark'}],
    ['/?sort=colour', {}],
  ];
  for (const [path, options] of looks) {
    await open(path, options, async (page) => {
      await page.evaluate(() => document.querySelectorAll('details').forEach((it) => {
        it.open = true;
      }));
      // By the debugger, to which the policy does not apply: it stays in force.
      await page.evaluate(axe);
      const {violations} = await page.evaluate(() => window.axe.run());
      const faults = violations.filter(({impact}) => ['serious', 'critical'].includes(impact))
        .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html).slice(0, 3).join(' ')}`);
      assert.deepEqual(faults, [], `${path} ${JSON.stringify(options)}`);
    });
  }
});

test('who prefers text gets the table', async () => {
  const response = await fetch(url, {headers: {Accept: 'text/plain'}});
  assert.match(response.headers.get('Content-Type'), /^text\/plain/);
  assert.match(await response.text(), /import-job/);
});
