// What the tests of the dashboards share: reading them, and what Grafana makes of an expression.
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

export const folder = process.env.DASHBOARDS;

export function read() {
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
    .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
}

// Every query of a dashboard, with the panel it is in and the variable that its part is repeated by.
export function targets(dashboard) {
  let repeat = null;
  return dashboard.panels.flatMap((panel) => {
    if (panel.type === 'row') {
      repeat = panel.repeat ?? null;
      return [];
    }
    const by = repeat;
    return panel.targets.map((target) => ({dashboard, panel, target, repeat: by}));
  });
}

export function nameOf({dashboard, panel, target}) {
  return `${dashboard.title}: ${panel.title}: ${target.refId}`;
}

export function variables(dashboard) {
  return dashboard.templating.list;
}

// The text of a query variable's query: label_values(SELECTOR, LABEL).
export function labelValues(variable) {
  const [, selector, label] = /^label_values\((.*), *([a-z_]+)\)$/s.exec(variable.query.query);
  return {selector, label};
}

// A value of a variable that takes several stands in a regular expression in a text in double quotes.
function escaped(value) {
  return value.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
}

// What Grafana puts in the place of a variable. `chosen` has a list of values for each that is not All.
function interpolated(variable, chosen) {
  const values = chosen[variable.name];
  if (!values) return variable.allValue;
  return values.length === 1 ? escaped(values[0]) : `(${values.map(escaped).join('|')})`;
}

// substituted(EXPR, DASHBOARD, CHOSEN, BUILTIN): BUILTIN has those of Grafana's own, such as __range.
export function substituted(expression, dashboard, chosen, builtin) {
  return expression.replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (text, braced, bare) => {
    const name = braced ?? bare;
    if (name in builtin) return builtin[name];
    const variable = variables(dashboard).find((each) => each.name === name);
    if (!variable) throw new Error(`no variable ${text} in ${dashboard.title}`);
    return interpolated(variable, chosen);
  });
}

// kcommons list-metrics: the labels of every metric.
export function metricTable(markdown) {
  const metrics = new Map();
  for (const line of markdown.split('\n')) {
    const cells = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim());
    const name = /^`([a-z_]+)`$/.exec(cells[0])?.[1];
    if (!name) continue;
    metrics.set(name, new Set([...cells[2].matchAll(/`([a-z_]+)`/g)].map((match) => match[1])));
  }
  return metrics;
}
