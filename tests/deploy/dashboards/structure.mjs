// What Grafana's types cannot say of a dashboard. Each check gives a list of what is wrong.
import {labelValues, targets, variables} from './dashboards.mjs';

const COLUMNS = 24;

function panelsOf(dashboard) {
  return dashboard.panels;
}

function ids(dashboard) {
  const seen = new Set();
  return panelsOf(dashboard).filter(({id}) => seen.has(id) || !seen.add(id))
    .map(({id}) => `panel ${id} is there twice`);
}

function grid(dashboard) {
  const wrong = [];
  const taken = new Map();
  for (const {id, gridPos: {x, y, w, h}} of panelsOf(dashboard)) {
    if (x < 0 || y < 0 || w < 1 || h < 1 || x + w > COLUMNS) wrong.push(`panel ${id} is outside`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const other = taken.get(`${column},${line}`);
        if (other) wrong.push(`panel ${id} lies on panel ${other}`);
        taken.set(`${column},${line}`, id);
      }
    }
  }
  return [...new Set(wrong)];
}

function datasources(dashboard) {
  const isVariable = (source) => source?.type === 'prometheus' && source.uid === '${datasource}';
  return [
    ...targets(dashboard).flatMap(({panel, target}) => [panel, target]),
    ...variables(dashboard).filter(({type}) => type === 'query'),
  ].filter(({datasource}) => !isVariable(datasource))
    .map((each) => `another data source: ${each.title ?? each.name ?? each.expr}`);
}

function refIds(dashboard) {
  return panelsOf(dashboard).filter((panel) => panel.targets)
    .filter(({targets: each}) => new Set(each.map(({refId}) => refId)).size !== each.length)
    .map(({title}) => `two queries of one letter: ${title}`);
}

// $name, ${name} and ${name:format}; Grafana's own begin with __, and $1 is PromQL's.
function used(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [...text.matchAll(/\$(?:\{([A-Za-z_]\w*)[^}]*\}|([A-Za-z_]\w*))|\[\[(\w+)/g)]
    .map((match) => match[1] ?? match[2] ?? match[3]).filter((name) => !name.startsWith('__'));
}

function variablesUsed(dashboard) {
  const defined = variables(dashboard).map(({name}) => name);
  const inPanels = used(dashboard.panels).concat(panelsOf(dashboard).flatMap(({repeat}) => repeat ?? []));
  const everywhere = inPanels.concat(used(dashboard.templating));
  return [
    ...everywhere.filter((name) => !defined.includes(name)).map((name) => `no variable $${name}`),
    ...defined.filter((name) => !inPanels.includes(name)).map((name) => `$${name} is used by no panel`),
    ...defined.filter((name, i) => defined.indexOf(name) !== i).map((name) => `two variables $${name}`),
  ];
}

// A variable may lean on those before it, and all of them must take an empty label.
function variablesFit(dashboard) {
  return variables(dashboard).filter(({type}) => type === 'query').flatMap((variable) => {
    const at = variables(dashboard).indexOf(variable);
    const before = variables(dashboard).slice(0, at).map(({name}) => name);
    return [
      ...used(labelValues(variable).selector).filter((name) => !before.includes(name))
        .map((name) => `$${variable.name} leans on $${name}, which comes later`),
      ...(variable.includeAll && variable.multi ? [] : [`$${variable.name} has no All`]),
      ...(variable.allValue && new RegExp(`^(?:${variable.allValue})$`).test('') ? [] :
        [`All of $${variable.name} is not the empty label`]),
    ];
  });
}

// A multi-value variable is a regular expression: = would compare with its text.
function matchers(dashboard) {
  return targets(dashboard).map(({target}) => target.expr)
    .concat(variables(dashboard).map((variable) => variable.query?.query ?? ''))
    .flatMap((text) => [...text.matchAll(/(?<![=!])(=|!=)"\$\w+"/g)])
    .map(([text]) => `compared as a text: ${text}`);
}

function links(dashboard, uids) {
  const urls = JSON.stringify(dashboard).matchAll(/"url":"([^"]*)"/g);
  return [...urls].flatMap(([, url]) => {
    const uid = /^\/d\/([a-z-]+)(\?|$)/.exec(url)?.[1];
    if (!uids.includes(uid)) return [`a link to nowhere: ${url}`];
    return [];
  }).concat(
    uids.filter((uid) => uid !== dashboard.uid)
      .filter((uid) => !dashboard.links.some(({url}) => url === `/d/${uid}`))
      .map((uid) => `no link to ${uid}`),
    dashboard.links.filter(({includeVars, keepTime}) => !includeVars || !keepTime)
      .map(({title}) => `the link ${title} forgets what was chosen`),
  );
}

// Links of a table take fields by the titles of columns; what comes from a container is encoded.
function fields(dashboard) {
  return panelsOf(dashboard).filter(({type}) => type === 'table').flatMap((panel) => {
    const organize = panel.transformations.find(({id}) => id === 'organize').options;
    const titles = Object.values(organize.renameByName);
    const text = JSON.stringify(panel);
    return [
      ...[...text.matchAll(/\$\{__data\.fields\.([^:}]*)(:percentencode)?\}/g)]
        .filter(([, field, encoded]) => !titles.includes(field) || !encoded)
        .map(([link]) => `${panel.title}: no such column, or not encoded: ${link}`),
      ...panel.fieldConfig.overrides.map(({matcher}) => matcher.options)
        .concat(panel.options.sortBy.map(({displayName}) => displayName))
        .filter((title) => !titles.includes(title)).map((title) => `${panel.title}: no column ${title}`),
      ...titles.filter((title, i) => titles.indexOf(title) !== i)
        .map((title) => `${panel.title}: two columns ${title}`),
    ];
  });
}

function said(dashboard) {
  return panelsOf(dashboard).filter(({type}) => type !== 'row')
    .filter(({title, description}) => !title || !(description?.length > 10))
    .map(({id}) => `panel ${id} does not say what it is for`);
}

const CHECKS = [ids, grid, datasources, refIds, variablesUsed, variablesFit, matchers, links, fields, said];

// All that is wrong with a dashboard. `uids` are those of all dashboards.
export function complaints(dashboard, uids) {
  return CHECKS.flatMap((check) => check(dashboard, uids));
}
