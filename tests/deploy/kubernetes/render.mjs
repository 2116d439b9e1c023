// What Helm and kustomize make of deploy/.
import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseAllDocuments} from 'yaml';

const {KUBERNETES_HELM: helm, KUBERNETES_KUBECTL: kubectl, KUBERNETES_DEPLOY: deploy,
  KUBERNETES_WORK: work} = process.env;
export const chart = join(deploy, 'helm/kcommons');

// A key given twice is a mistake, too.
export function parsed(text) {
  return parseAllDocuments(text, {uniqueKeys: true}).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  }).filter((object) => object !== null && object !== undefined);
}

function run(program, ...args) {
  return execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26});
}

// JSON is YAML.
function valuesFile(values) {
  const file = join(work, 'values.yaml');
  writeFileSync(file, JSON.stringify(values));
  return file;
}

export function template(values = {}, release = 'kcommons') {
  return parsed(run(helm, 'template', release, chart, '--namespace=kcommons', '--values', valuesFile(values)));
}

export function lint(values = {}) {
  return run(helm, 'lint', '--strict', '--quiet', chart, '--values', valuesFile(values));
}

export function notes(values = {}) {
  const text = run(helm, 'install', 'kcommons', chart, '--namespace=kcommons', '--dry-run=client', '--values',
    valuesFile(values));
  return text.slice(text.indexOf('NOTES:'));
}

export function kustomizeAt(folder) {
  return parsed(run(kubectl, 'kustomize', folder));
}

export const kustomize = (folder) => kustomizeAt(join(deploy, 'kubernetes', folder));
