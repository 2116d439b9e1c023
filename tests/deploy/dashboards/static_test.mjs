// The dashboards as they are checked in: types, structure, metrics and labels. For each kind of check
// there are dashboards that are wrong, and must be refused.
//
// Environment: DASHBOARDS is the folder of the dashboards, METRICS what `kcommons list-metrics` said,
// PROVISIONING the folder of what Grafana reads at its start.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {parseDocument} from 'yaml';
import {labelValues, metricTable, nameOf, read, substituted, targets, variables} from './dashboards.mjs';
import * as promql from './promql.mjs';
import * as structure from './structure.mjs';
import * as types from './types.mjs';

const dashboards = read();
const uids = dashboards.map(({uid}) => uid);
const fleet = dashboards.find(({uid}) => uid === 'kcommons-fleet');

const metrics = metricTable(readFileSync(process.env.METRICS, 'utf8'));
// `up` is Prometheus' own, the labels are those that it gives a target.
metrics.set('up', new Set());
const targetLabels = ['cluster', 'instance', 'job'];

// changed(DASHBOARD, CHANGE): a copy that CHANGE has been at.
function changed(dashboard, change) {
  const copy = structuredClone(dashboard);
  change(copy);
  return copy;
}

const first = (dashboard, type) => dashboard.panels.find((panel) => panel.type === type);

const BUILTIN = {__range: '3600s', __rate_interval: '60s'};
const plain = (text, dashboard) => substituted(text, dashboard, {}, BUILTIN);

test('there are three dashboards with names of their own', () => {
  assert.deepEqual([...uids].sort(), ['kcommons-container', 'kcommons-fleet', 'kcommons-node']);
});

test('types: the dashboards are what Grafana takes, and mistakes are not', () => {
  const mistakes = {
    'a version that is a text': (d) => { d.schemaVersion = '39'; },
    'a width that is a text': (d) => { d.panels[0].gridPos.w = '12'; },
    'a mode of colours that is none': (d) => { first(d, 'stat').fieldConfig.defaults.color.mode = 'threshold'; },
    'an option that is none': (d) => { first(d, 'table').options.showheader = true; },
    'a style that is none': (d) => { first(d, 'timeseries').fieldConfig.defaults.custom.drawStyle = 'dots'; },
    'a field of a panel that is none': (d) => { d.panels[0].desciption = ''; },
    'a link without a type': (d) => { delete d.links[0].type; },
    'a variable that is refreshed sometimes': (d) => { d.templating.list[1].refresh = 3; },
    'an override that is none': (d) => { first(d, 'table').fieldConfig.overrides[0].properties[0].id = 'link'; },
    'a kind of cell that is none': (d) => {
      first(d, 'table').fieldConfig.overrides.flatMap(({properties}) => properties)
        .find(({id}) => id === 'custom.cellOptions').value.type = 'bar';
    },
    'a query of one data source alone': (d) => { d.panels[0].targets[0].datasource.uid = 'prometheus'; },
    'a threshold that is a text': (d) => { first(d, 'stat').fieldConfig.defaults.thresholds.steps[0].value = '1'; },
  };
  // One panel of each kind is enough for the mistakes, and the compiler is slow.
  const small = changed(fleet, (d) => { d.panels = ['stat', 'table', 'timeseries'].map((type) => first(d, type)); });
  const wrong = Object.values(mistakes).map((change) => changed(small, change));
  const right = [...dashboards, small];
  const complaints = types.complaints([...right, ...wrong]);
  right.forEach(({title}, i) => assert.deepEqual(complaints[i], [], title));
  Object.keys(mistakes).forEach((what, i) => {
    const found = complaints[right.length + i];
    console.log(`  ${what}: ${found[0]?.split('\n').at(-1).trim() ?? 'TAKEN'}`);
    assert.notEqual(found.length, 0, `taken: ${what}`);
  });
});

for (const dashboard of dashboards) {
  test(`structure: ${dashboard.title}`, () => {
    assert.deepEqual(structure.complaints(dashboard, uids), []);
  });
}

test('structure: mistakes are found', () => {
  const mistakes = {
    'is there twice': (d) => { d.panels[1].id = d.panels[0].id; },
    'is outside': (d) => { d.panels[0].gridPos.w = 25; },
    'lies on': (d) => { d.panels[1].gridPos.x -= 1; },
    'another data source': (d) => { d.panels[0].targets[0].datasource.uid = 'other'; },
    'two queries of one letter': (d) => { first(d, 'table').targets[1].refId = 'A'; },
    'no variable $nodes': (d) => { d.panels[0].targets[0].expr = 'up{instance=~"$nodes"}'; },
    '$spare is used by no panel': (d) => { d.templating.list.push({...d.templating.list[1], name: 'spare'}); },
    'which comes later': (d) => { d.templating.list.reverse(); },
    'is not the empty label': (d) => { d.templating.list[1].allValue = '.+'; },
    'has no All': (d) => { d.templating.list[1].includeAll = false; },
    'compared as a text': (d) => { d.panels[0].targets[0].expr = 'up{cluster="$cluster"}'; },
    'a link to nowhere': (d) => { d.links[0].url = '/d/kcommons-nodes'; },
    'no link to kcommons-node': (d) => { d.links = d.links.filter(({url}) => url !== '/d/kcommons-node'); },
    'forgets what was chosen': (d) => { d.links[0].includeVars = false; },
    'no such column': (d) => {
      first(d, 'table').transformations.at(-1).options.renameByName.instance = 'Machine';
    },
    'no column Fulness': (d) => { first(d, 'table').options.sortBy[0].displayName = 'Fulness'; },
    'does not say what it is for': (d) => { d.panels[0].description = ''; },
  };
  for (const [what, change] of Object.entries(mistakes)) {
    const found = structure.complaints(changed(fleet, change), uids);
    assert.ok(found.some((complaint) => complaint.includes(what)), `not found: ${what}: ${found}`);
  }
});

for (const dashboard of dashboards) {
  test(`metrics and labels: ${dashboard.title}`, () => {
    for (const each of targets(dashboard)) {
      const text = plain(each.target.expr, dashboard);
      assert.deepEqual(promql.complaints(text, metrics, targetLabels), [], nameOf(each));
      const labels = promql.labelsOf(text, metrics, targetLabels);
      const legend = [...(each.target.legendFormat ?? '').matchAll(/\{\{(\w+)\}\}/g)];
      for (const [, label] of legend) assert.ok(labels.has(label), `${nameOf(each)}: no label ${label}`);
    }
    for (const variable of variables(dashboard).filter(({type}) => type === 'query')) {
      const {selector, label} = labelValues(variable);
      const text = plain(selector, dashboard);
      assert.deepEqual(promql.complaints(text, metrics, targetLabels), [], variable.name);
      assert.ok(promql.labelsOf(text, metrics, targetLabels).has(label), `${variable.name}: no ${label}`);
    }
  });

  test(`columns: ${dashboard.title}`, () => {
    for (const panel of dashboard.panels.filter(({type}) => type === 'table')) {
      const there = new Set(panel.targets.flatMap(({refId, expr}) => [
        panel.targets.length === 1 ? 'Value' : `Value #${refId}`,
        ...promql.labelsOf(plain(expr, dashboard), metrics, targetLabels)]));
      const {names} = panel.transformations.find(({id}) => id === 'filterFieldsByName').options.include;
      for (const name of names) assert.ok(there.has(name), `${panel.title}: nothing gives ${name}`);
    }
  });
}

test('metrics and labels: mistakes are found', () => {
  const mistakes = {
    'no metric kcommons_pool_usage': 'kcommons_pool_usage',
    'no label container': 'kcommons_pool_used{container="x"}',
    'no label pod': 'sum by (pod) (kcommons_pool_used)',
    'no label unit': 'kcommons_container_used * on (unit) group_left () kcommons_host_used',
    'no label error': 'kcommons_pool_used * on (resource) group_left (error) kcommons_pool_limit',
    'no label image': 'label_replace(kcommons_container_used, "x", "$1", "image", "(.*)")',
    'no label resource': 'sum by (resource) (sum by (uid) (kcommons_pool_used))',
    'without keeps labels of the target': 'sum without (uid) (kcommons_pool_used)',
    'no PromQL': 'sum(kcommons_pool_used',
  };
  for (const [what, text] of Object.entries(mistakes)) {
    const found = promql.complaints(text, metrics, targetLabels);
    assert.ok(found.some((complaint) => complaint.startsWith(what)), `not found: ${what}: ${found}`);
  }
  assert.deepEqual(promql.complaints(
    'topk by (job) (1, sum by (resource, job) (kcommons_container_used or kcommons_host_used{unit="x"}))',
    metrics, targetLabels), []);
});

test('provisioning: what Grafana reads at its start', () => {
  const load = (name) => {
    const document = parseDocument(readFileSync(path.join(process.env.PROVISIONING, name), 'utf8'),
      {uniqueKeys: true});
    assert.deepEqual(document.errors, [], name);
    return document.toJS();
  };
  const keysAre = (object, known) => {
    for (const key of Object.keys(object)) assert.ok(known.includes(key), `unknown key: ${key}`);
  };
  const source = load('datasources/prometheus.yaml');
  keysAre(source, ['apiVersion', 'datasources']);
  assert.equal(source.apiVersion, 1);
  assert.equal(source.datasources.length, 1);
  keysAre(source.datasources[0], ['name', 'type', 'uid', 'access', 'url', 'isDefault', 'editable', 'jsonData']);
  keysAre(source.datasources[0].jsonData, ['httpMethod', 'timeInterval']);
  assert.equal(source.datasources[0].type, 'prometheus');
  const provider = load('dashboards/kcommons.yaml');
  keysAre(provider, ['apiVersion', 'providers']);
  assert.equal(provider.apiVersion, 1);
  assert.equal(provider.providers.length, 1);
  keysAre(provider.providers[0],
    ['name', 'type', 'folder', 'allowUiUpdates', 'disableDeletion', 'updateIntervalSeconds', 'options']);
  assert.equal(provider.providers[0].type, 'file');
  assert.ok(path.isAbsolute(provider.providers[0].options.path));
});
