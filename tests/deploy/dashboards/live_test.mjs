// Every query of the dashboards and of their variables, asked of the Prometheus that live_test.sh has
// filled. live_test.sh says what is on the nodes `here` and worker-1 to worker-4.
//
// Environment: DASHBOARDS, PROMETHEUS_URL; IMPORTER, the user whose processes fill a pool, and IMPORT, the id
// of the container that has them.
import assert from 'node:assert/strict';
import test from 'node:test';
import {labelValues, nameOf, read, substituted, targets, variables} from './dashboards.mjs';

const {PROMETHEUS_URL, IMPORTER, IMPORT} = process.env;
const dashboards = read();
const dashboardOf = (name) => dashboards.find(({uid}) => uid === `kcommons-${name}`);

// Of four scrape intervals at least, which is a second here; more, so that a slow machine has them too.
const BUILTIN = {__rate_interval: '60s', __range: '3600s'};
const RANGE_SECONDS = 60;
const STEP_SECONDS = 5;

async function api(path, parameters) {
  const body = new URLSearchParams(parameters);
  const get = path.startsWith('label/');
  const response = await fetch(`${PROMETHEUS_URL}/api/v1/${path}${get ? `?${body}` : ''}`,
    get ? {} : {method: 'POST', body});
  const answer = await response.json();
  if (answer.status !== 'success') throw new Error(`${answer.error}: ${parameters.query ?? path}`);
  return answer.data;
}

const now = async (query) => (await api('query', {query})).result;

async function overTime(query) {
  const end = Math.floor(Date.now() / 1000);
  return (await api('query_range', {query, start: end - RANGE_SECONDS, end, step: STEP_SECONDS})).result;
}

const isNumber = (text) => text !== 'NaN';
const hasNow = (series) => series.some(({value}) => isNumber(value[1]));
const hasOverTime = (series) => series.some(({values}) => values.some(([, text]) => isNumber(text)));

// What is chosen in the variables, from all to a single container as the links choose it. With all, every
// query must have data; of the others `without` has the panels, or queries, that may have none, and why. A
// part that is repeated is asked for one resource.
const ANSWERS = {'Exporters that do not answer': 'it answers'};
const OF_FILES = {
  ...ANSWERS,
  'Nodes by their fullest pool: C': 'nothing grows in files',
  'The fullest pools: F': 'nothing grows in files',
  'First pool full in': 'nothing grows in files',
  'Pools: F': 'nothing grows in files',
  'Its share of every pool: F': 'nothing grows in files',
  'Incidents that begin': 'what began did so before the first scrape',
  'Incidents in the time shown': 'what began did so before the first scrape',
  'Incidents of its pools': 'what began did so before the first scrape',
  'Packets dropped': 'there are no devices in files',
};
const CHOICES = {
  all: {
    values: {},
    repeated: {resource: ['open_files']}, // more than half of which is used on worker-1
    without: {},
  },
  'a container of Docker': {
    values: {node: ['here'], container: ['shop-import']},
    repeated: {resource: ['user_processes']},
    without: ANSWERS,
  },
  'a container by its id': {
    values: {node: ['here'], id: [IMPORT]},
    repeated: {resource: ['user_processes']},
    without: ANSWERS,
  },
  'a container in a pod': {
    values: {cluster: ['lab'], node: ['worker-1'], namespace: ['bank'], pod: ['ledger-0'], container: ['app']},
    repeated: {resource: ['open_files']},
    without: OF_FILES,
  },
  'several of each': {
    values: {
      cluster: ['lab'], node: ['worker-1', 'worker-2'], namespace: ['shop', 'bank'],
      pod: ['checkout-0', 'ledger-0'], container: ['app'], resource: ['open_files', 'inotify_watches'],
    },
    repeated: {resource: ['open_files']},
    without: OF_FILES,
  },
};

function expression(each, {values, repeated}) {
  const chosen = each.repeat ? {...values, [each.repeat]: repeated[each.repeat]} : values;
  return substituted(each.target.expr, each.dashboard, chosen, BUILTIN);
}

for (const [what, choice] of Object.entries(CHOICES)) {
  for (const dashboard of dashboards) {
    test(`${dashboard.title}: every query has an answer, with ${what}`, async () => {
      const empty = [];
      for (const each of targets(dashboard)) {
        const query = expression(each, choice);
        if (!hasNow(await now(query))) empty.push(`${nameOf(each)}, now: ${query}`);
        if (!hasOverTime(await overTime(query))) empty.push(`${nameOf(each)}, over time: ${query}`);
      }
      const excused = (name) => Object.keys(choice.without)
        .some((title) => name.includes(`: ${title}: `) || name.includes(`: ${title}, `));
      assert.deepEqual(empty.filter((name) => !excused(name)), [], 'without an answer');
    });
  }
}

test('every variable has values, and no others', async () => {
  const expected = {
    cluster: (values) => assert.deepEqual(values, ['lab']),
    node: (values) => assert.deepEqual(values, ['here', 'worker-1', 'worker-2']),
    resource: (values) => ['open_files', 'inotify_watches', 'user_processes']
      .forEach((name) => assert.ok(values.includes(name), name)),
    // What the target of the exporter is called is no namespace of a container.
    namespace: (values) => assert.deepEqual(values, ['bank', 'shop']),
    pod: (values) => assert.deepEqual(values, ['basket-0', 'checkout-0', 'ledger-0', 'reports-1', 'search-0']),
    container: (values) => ['POD', 'app', 'shop-import', 'shop-notes']
      .forEach((name) => assert.ok(values.includes(name), name)),
    id: (values) => assert.ok(values.includes(IMPORT)),
  };
  for (const dashboard of dashboards) {
    for (const variable of variables(dashboard).filter(({type}) => type === 'query')) {
      const {selector, label} = labelValues(variable);
      const values = await api(`label/${label}/values`,
        {'match[]': substituted(selector, dashboard, {}, BUILTIN)});
      expected[variable.name](values.filter((value) => value !== '').sort());
    }
  }
});

// The rows that a table has, by its columns' letters; labels of one row may come from several queries.
async function rows(name, title, chosen) {
  const dashboard = dashboardOf(name);
  const panel = dashboard.panels.find((each) => each.title === title);
  assert.ok(panel, `no panel ${title}`);
  const answers = {};
  for (const target of panel.targets) {
    answers[target.refId] = await now(substituted(target.expr, dashboard, chosen, BUILTIN));
  }
  return answers;
}

const value = ({value: [, text]}) => Number(text);
const total = (series) => series.reduce((sum, each) => sum + value(each), 0);
const near = (number, expected) => Math.abs(number - expected) < 1e-6;

test('the fleet names the pool that is filling, and who fills it', async () => {
  const {A, B, C, D, F, G, H} = await rows('fleet', 'The fullest pools', {});
  const ours = ({metric}) => metric.instance === 'here' && metric.uid === IMPORTER;
  assert.equal(value(A.find(ours)), 0.85);
  assert.equal(value(B.find(ours)), 0.85);
  assert.equal(value(C.find(ours)), 17);
  assert.equal(value(D.find(ours)), 20);
  assert.ok(value(F.find(ours)) > 0);
  assert.equal(G.find(ours).metric.holder, 'shop-import');
  assert.equal(G.find(ours).metric.kind, 'container');
  assert.equal(value(G.find(ours)), 17);
  assert.equal(value(H.find(ours)), 1);
  // Without a limit there is no share.
  assert.ok(A.some(({metric}) => metric.instance === 'worker-1' && metric.resource === 'open_files'));
  assert.ok(!A.some(({metric}) => metric.instance === 'worker-2' && metric.resource === 'open_files'));
});

test('the fleet names the exporter that does not answer, and no other', async () => {
  const {A} = await rows('fleet', 'Exporters that do not answer', {});
  assert.deepEqual(A.map(({metric}) => metric.instance), ['worker-3']);
});

test('a node has one row for each, whatever labels its target has', async () => {
  const {A} = await rows('fleet', 'Nodes by their fullest pool', {});
  assert.deepEqual(A.map(({metric}) => metric.instance).sort(), ['here', 'worker-1', 'worker-2']);
});

// Of open files of worker-1: tests/fixtures/golden/README.md adds them up.
test('what a node is shown to hold adds up, and nothing counts twice', async () => {
  const chosen = {node: ['worker-1'], resource: ['open_files']};
  const {A, B, C} = await rows('node', 'Who holds what: $resource', chosen);
  assert.equal(total(A), 112);
  assert.ok(near(total(B), 112 / 1000));
  assert.ok(near(total(C), 112 / 600));
  const node = dashboardOf('node');
  const graph = (title) => node.panels.find((panel) => panel.title === title).targets[0].expr
    .replace(/^topk\(10, ([\s\S]*)\)$/, '$1');
  assert.equal(total(await now(substituted(graph('Holders: $resource'), node, chosen, BUILTIN))), 112);
  assert.equal(total(await now(substituted(graph('Not attributed'), node, chosen, BUILTIN))), 488);
});

test('holders are called by what is not empty of their names', async () => {
  const node = dashboardOf('node');
  const {expr} = node.panels.find((panel) => panel.title === 'Holders: $resource').targets[0];
  const all = expr.replace(/^topk\(10, ([\s\S]*)\)$/, '$1');
  const series = await now(substituted(all, node, {resource: ['open_files']}, BUILTIN));
  const names = series.map(({metric}) => `${metric.instance} ${metric.kind} ${metric.holder}`);
  for (const name of ['here container shop-import', 'here container shop-files',
    'worker-1 container shop/checkout-0/app', 'worker-1 host ssh.service']) {
    assert.ok(names.includes(name), `${name} is not among ${names}`);
  }
});

test('what a container loses is shown, and what its pod does', async () => {
  const {dashboard, panel} = targets(dashboardOf('container'))
    .find((each) => each.panel.title === 'Packets dropped');
  const ask = (chosen) => now(substituted(panel.targets[0].expr, dashboard, chosen, BUILTIN));
  const lost = await ask({node: ['here'], container: ['shop-import']});
  assert.deepEqual(lost.map(({metric}) => metric.container_id), [IMPORT]);
  assert.ok(value(lost[0]) > 0);
  const ofPod = await ask({node: ['worker-4'], pod: ['basket-0'], container: ['app']});
  assert.deepEqual(ofPod.map(({metric}) => `${metric.pod} ${metric.container}`), ['basket-0 POD']);
  const ofAll = await ask({node: ['worker-4']});
  assert.deepEqual(ofAll.map(({metric}) => metric.pod).sort(), ['basket-0', 'search-0']);
});

test('a container has its share of every pool once', async () => {
  const {A, B, D} = await rows('container', 'Its share of every pool', {node: ['here'], id: [IMPORT]});
  const ours = ({metric}) => metric.uid === IMPORTER && metric.resource === 'user_processes';
  assert.equal(A.filter(ours).length, 1);
  assert.equal(value(B.find(ours)), 0.85);
  assert.equal(value(D.find(ours)), 0.85);
  assert.ok(A.some(({metric}) => metric.resource === 'open_files'));
});
